"""Who may do what: Django groups with their permissions, one table of role and permission.

The actions that a permission opens stand in `tests/db/role_table.py`; each is tried by each role.
"""

from typing import Any

from django.contrib.auth.management import create_permissions

# What everybody sees who may sign in: no secrets, no keys, no accounts.
SHOWN = {
    "trajectories": (
        "client run trajectory event feedback searchrecord agentsession agentturn signedreceipt "
        "retraction domainbaseline weight"
    ),
    "kernels": (
        "kernel kernelversion exemplar reviewaction calibration routinghead composition "
        "compositionreview planrun steprun cacheentry cachehit nearreuse skill skillvector "
        "shadowrecord routingswitch"
    ),
    "training": (
        "adapter adaptermove adaptertrial nightlyplan nightlystep nightlysettings lorarun "
        "trainingnode snapshot routeroutcome stepexample workerdelta labelitem reviewitem"
    ),
    "django_celery_beat": (
        "periodictask intervalschedule crontabschedule solarschedule clockedschedule"
    ),
}
KEPT_BACK = {"trajectories": "apikey receiptkey", "auth": "user group"}

LABELS = (
    "training.add_labelitem",
    "training.change_labelitem",
    "training.change_stepexample",
    "training.change_reviewitem",
)
OPERATES = (
    *LABELS,
    "kernels.change_kernelversion",
    "kernels.change_composition",
    "kernels.change_cacheentry",
    "kernels.change_nearreuse",
    "kernels.change_routingswitch",
    "trajectories.change_trajectory",
    "trajectories.add_feedback",
    "trajectories.add_client",
    "trajectories.change_client",
    "trajectories.view_apikey",
    "trajectories.add_apikey",
    "trajectories.change_apikey",
    "trajectories.view_receiptkey",
)
TRAINS = (
    *LABELS,
    "training.change_adapter",
    "training.change_snapshot",
    "training.change_lorarun",
    "training.add_nightlyplan",
    "training.change_nightlyplan",
    "training.change_nightlysettings",
    "training.change_trainingnode",
    "training.delete_trainingnode",
)


def _of(models: dict[str, str], *actions: str) -> frozenset[str]:
    return frozenset(
        f"{app}.{action}_{model}"
        for app, names in models.items()
        for model in names.split()
        for action in actions
    )


_SEES = _of(SHOWN, "view")
ROLES: dict[str, frozenset[str]] = {
    "viewer": _SEES,
    "operator": _SEES | frozenset(OPERATES),
    "ML engineer": _SEES | frozenset(TRAINS),
    "admin": _of(SHOWN, "view", "add", "change", "delete")
    | _of(KEPT_BACK, "view", "add", "change", "delete"),
}


def grant_roles(apps: Any, schema_editor: Any = None) -> None:
    """Makes the groups and gives each what the table says; what people added stays.

    For migrations: one that adds a model depends on that model's migration and runs this again,
    `migrations.RunPython(grant_roles, migrations.RunPython.noop)`. Permissions are otherwise made
    only once all migrations have run; those of models that do not exist yet are left for later.
    """
    groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for app in {name.split(".")[0] for granted in ROLES.values() for name in granted}:
        _make_permissions(apps, app)
    there = {
        f"{one.content_type.app_label}.{one.codename}": one
        for one in permissions.objects.select_related("content_type")
    }
    for role, granted in ROLES.items():
        group, _ = groups.objects.get_or_create(name=role)
        group.permissions.add(*(there[name] for name in sorted(granted & there.keys())))


def _make_permissions(apps: Any, app: str) -> None:
    config = apps.get_app_config(app)
    if getattr(config, "models_module", None) is None:  # a migration's apps, else passed over
        config.models_module = True
    create_permissions(config, verbosity=0, apps=apps)
