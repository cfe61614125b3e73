from django.db import migrations

from kwsite.roles import grant_roles


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("trajectories", "0014_retracted_index"),
        ("kernels", "0011_skills"),
        ("training", "0005_nightly"),
    ]
    operations = [migrations.RunPython(grant_roles, migrations.RunPython.noop)]
