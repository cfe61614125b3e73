"""Rows of what takes long to come about, in the service of this process's environment."""

import django


def main() -> None:
    django.setup()

    from tests.cache_rows import add_cache_rows
    from tests.composition_rows import add_composition_row, add_plan_run_row
    from tests.db.adapter_rows import adapter_in
    from tests.db.agent_rows import session, shell, turn
    from tests.learning_rows import add_learning_rows
    from tests.skill_rows import add_skill_rows
    from training.models import NightlyPlan, NightlyStep
    from trajectories.models import Client, Feedback, Trajectory

    client = Client.objects.get(name="local")
    first, second = Trajectory.objects.filter(client=client, route="generation")[:2]
    Feedback.objects.create(client=client, trajectory=first, rating=4, comment="fine")
    add_learning_rows(trajectory=first, number=0)
    shell(turn(session(client), "Mend the test."), "make test")
    add_cache_rows(source=first, reuse=second, number=0)
    add_skill_rows(client=client, trajectory=first)
    add_plan_run_row(composition=add_composition_row(client=client), client=client)
    adapter_in("live", client)
    plan = NightlyPlan.objects.create(key="2026-01-05")
    NightlyStep.objects.create(plan=plan, place=0, kind="prm", reason="too few steps")


if __name__ == "__main__":
    main()
