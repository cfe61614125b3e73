from django.db import migrations


def make_row(apps, schema_editor):
    apps.get_model("training", "NightlySettings").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("training", "0005_nightly")]
    operations = [migrations.RunPython(make_row, migrations.RunPython.noop)]
