"""Traffic by hour and day, and triggers that mark the hours which are to be counted again."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

# One row a client and hour of a statement: whole histories are added in few statements.
TRAJECTORIES = """
    CREATE FUNCTION trajectories_mark_hours() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO trajectories_stalehour (client_id, hour)
            SELECT DISTINCT client_id, date_trunc('hour', created_at, 'UTC')
            FROM changed WHERE closed_at IS NOT NULL;
        RETURN NULL;
    END $$;
    CREATE TRIGGER rollups_added AFTER INSERT ON trajectories_trajectory
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION trajectories_mark_hours();
    CREATE TRIGGER rollups_deleted AFTER DELETE ON trajectories_trajectory
        REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION trajectories_mark_hours();
"""
COUNTED = (
    "client_id, created_at, closed_at, retracted_at, route, route_reason, verified, plain, prompt,"
    " system, output_text, prompt_tokens, completion_tokens, duration_ms"
)
# Scores and vectors are written without a word of it: they are none of these columns.
CHANGES = f"""
    CREATE FUNCTION trajectories_mark_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO trajectories_stalehour (client_id, hour)
            SELECT DISTINCT * FROM (VALUES
                (OLD.client_id, date_trunc('hour', OLD.created_at, 'UTC')),
                (NEW.client_id, date_trunc('hour', NEW.created_at, 'UTC'))
            ) AS hours;
        RETURN NULL;
    END $$;
    CREATE TRIGGER rollups_changed AFTER UPDATE OF {COUNTED} ON trajectories_trajectory
        FOR EACH ROW
        WHEN (
            (OLD.closed_at IS NOT NULL OR NEW.closed_at IS NOT NULL)
            AND ({", ".join(f"OLD.{name}" for name in COUNTED.split(", "))})
                IS DISTINCT FROM ({", ".join(f"NEW.{name}" for name in COUNTED.split(", "))})
        )
        EXECUTE FUNCTION trajectories_mark_changed();
"""
FEEDBACK = """
    CREATE FUNCTION trajectories_mark_judged() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO trajectories_stalehour (client_id, hour)
            SELECT DISTINCT client_id, date_trunc('hour', created_at, 'UTC')
            FROM trajectories_trajectory
            WHERE closed_at IS NOT NULL AND id IN (
                SELECT trajectory_id FROM changed
            );
        RETURN NULL;
    END $$;
    CREATE TRIGGER rollups_judged AFTER INSERT ON trajectories_feedback
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION trajectories_mark_judged();
    CREATE TRIGGER rollups_judged_otherwise AFTER UPDATE ON trajectories_feedback
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION trajectories_mark_judged();
    CREATE TRIGGER rollups_unjudged AFTER DELETE ON trajectories_feedback
        REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION trajectories_mark_judged();
"""
WITHOUT = """
    DROP FUNCTION trajectories_mark_hours() CASCADE;
    DROP FUNCTION trajectories_mark_changed() CASCADE;
    DROP FUNCTION trajectories_mark_judged() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("trajectories", "0014_retracted_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="RollupProgress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "counted_from",
                    models.DateTimeField(
                        blank=True,
                        help_text="The hours from here on are counted; empty: all are.",
                        null=True,
                    ),
                ),
                (
                    "kept_at",
                    models.DateTimeField(
                        blank=True, help_text="When they were last kept.", null=True
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "rollup progress",
            },
        ),
        migrations.CreateModel(
            name="StaleHour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("client_id", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["hour", "client_id"], name="stale_hours")],
            },
        ),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "span",
                    models.CharField(choices=[("hour", "Hour"), ("day", "Day")], max_length=4),
                ),
                ("at", models.DateTimeField(help_text="When it begins.")),
                (
                    "route",
                    models.CharField(
                        choices=[
                            ("kernel", "Kernel"),
                            ("reuse", "Reuse"),
                            ("search", "Search"),
                            ("generation", "Generation"),
                            ("fallback", "Fallback"),
                            ("agent", "Agent"),
                        ],
                        max_length=12,
                    ),
                ),
                ("requests", models.PositiveIntegerField(default=0)),
                (
                    "retracted",
                    models.PositiveIntegerField(default=0, help_text="In none of the next four."),
                ),
                (
                    "right",
                    models.PositiveIntegerField(
                        default=0, help_text="By people's last word; without one, by the checks."
                    ),
                ),
                ("wrong", models.PositiveIntegerField(default=0, help_text="Likewise.")),
                ("unchecked", models.PositiveIntegerField(default=0, help_text="Neither can say.")),
                (
                    "denied",
                    models.PositiveIntegerField(
                        default=0, help_text="Wrong by people's last word."
                    ),
                ),
                ("tokens_in", models.PositiveBigIntegerField(default=0)),
                ("tokens_out", models.PositiveBigIntegerField(default=0)),
                ("plain_chars_in", models.PositiveBigIntegerField(default=0)),
                ("plain_chars_out", models.PositiveBigIntegerField(default=0)),
                ("plain_tokens_in", models.PositiveBigIntegerField(default=0)),
                ("plain_tokens_out", models.PositiveBigIntegerField(default=0)),
                (
                    "latencies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(),
                        help_text="By bucket of `latency_buckets`.",
                        size=None,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rollups",
                        to="trajectories.client",
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("span", "at", "client", "route"), name="rollup_key"
                    )
                ],
            },
        ),
        migrations.RunSQL(TRAJECTORIES + CHANGES + FEEDBACK, WITHOUT),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status", "failed")),
                fields=["-created_at"],
                name="run_failed",
            ),
        ),
    ]
