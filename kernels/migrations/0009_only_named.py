"""Which cache entries are for requests alone that name their worker."""

from django.db import migrations, models

JUDGES = ("judge", "re-derived")


def mark_what_only_a_judge_passed(apps, schema_editor):
    """Of a worker that was named or chosen at random."""
    apps.get_model("kernels", "CacheEntry").objects.filter(
        trajectory__search__alone=True, trajectory__search__checked_by__in=JUDGES
    ).update(only_named=True)


class Migration(migrations.Migration):
    dependencies = [
        ("kernels", "0008_answer_cache"),
        ("trajectories", "0008_words_on_steps"),
    ]

    operations = [
        migrations.AddField(
            model_name="cacheentry",
            name="only_named",
            field=models.BooleanField(
                default=False,
                help_text="Given only to requests that name its worker: no more than a judge "
                "passed it, and the worker was named, or chosen at random to learn.",
            ),
        ),
        migrations.RunPython(mark_what_only_a_judge_passed, migrations.RunPython.noop),
    ]
