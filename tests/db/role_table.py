"""Who may open which page of the admin, and do what there, by the names of roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field

EVERYBODY = {"viewer", "operator", "ML engineer", "admin"}
OPERATES, TRAINS = {"operator", "admin"}, {"ML engineer", "admin"}
LABELS, ADMIN = OPERATES | TRAINS, {"admin"}

# Who sees a model's pages, where not everybody does.
SEES = {
    "trajectories.apikey": OPERATES,
    "trajectories.receiptkey": OPERATES,
    "auth.user": ADMIN,
    "auth.group": ADMIN,
}
# Who may add, change and delete; nobody what does not stand here.
ADDS = {"trajectories.client": OPERATES, "trajectories.apikey": OPERATES}
CHANGES = {
    **ADDS,
    "training.stepexample": LABELS,
    "training.labelitem": LABELS,
    "training.nightlysettings": TRAINS,
}
SCHEDULE = ("periodictask", "intervalschedule", "crontabschedule")
ACCOUNTS = dict.fromkeys(
    (
        "auth.user",
        "auth.group",
        *(f"django_celery_beat.{name}" for name in (*SCHEDULE, "solarschedule", "clockedschedule")),
    ),
    ADMIN,
)
ADDS |= ACCOUNTS
CHANGES |= ACCOUNTS
DELETES = {**ACCOUNTS, "trajectories.receiptkey": ADMIN, "training.trainingnode": TRAINS}

# Who may do what the list of a model offers for the selected rows.
ACTIONS: dict[str, dict[str, set[str]]] = {
    "trajectories.apikey": {"revoke_selected": OPERATES},
    "trajectories.trajectory": dict.fromkeys(
        ("approve_selected", "deny_selected", "retract_selected"), OPERATES
    ),
    "trajectories.searchrecord": {
        "approve_selected": OPERATES,
        "deny_selected": OPERATES,
        "queue_selected": LABELS,
    },
    "kernels.kernelversion": dict.fromkeys(
        (
            "approve_selected",
            "approve_anyway_selected",
            "reject_selected",
            "roll_back_selected",
            "release_selected",
        ),
        OPERATES,
    ),
    "kernels.composition": dict.fromkeys(
        ("approve_selected", "reject_selected", "retire_selected"), OPERATES
    ),
    "kernels.cacheentry": {"end_selected": OPERATES},
    "kernels.nearreuse": {"release_selected": OPERATES},
    "training.labelitem": dict.fromkeys(("confirm_selected", "skip_selected"), LABELS),
    "training.reviewitem": {"resolve_selected": LABELS},
    "training.lorarun": {"cancel_selected": TRAINS},
    "training.adapter": dict.fromkeys(
        ("promote_selected", "shadow_selected", "roll_back_selected", "reject_selected"), TRAINS
    ),
    "training.snapshot": dict.fromkeys(
        ("put_selected_into_service", "take_selected_out_of_service"), TRAINS
    ),
    "training.nightlyplan": {"cancel_selected": TRAINS},
    "django_celery_beat.periodictask": dict.fromkeys(
        ("enable_tasks", "disable_tasks", "toggle_tasks", "run_tasks"), ADMIN
    ),
}
for label in (*ACCOUNTS, "trajectories.receiptkey"):
    ACTIONS.setdefault(label, {})["delete_selected"] = ADMIN


@dataclass(frozen=True)
class Page:
    """Who may open it (None: it is only posted to), who may post to it what changes nothing.

    It is of the first row of `model`, if one is named, with `rest` behind its id.
    """

    opens: set[str] | None = field(default_factory=lambda: EVERYBODY)
    posts: set[str] = field(default_factory=set)
    post: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    rest: tuple[str, ...] = ()


VERSION = "kernels.kernelversion"
# Pages beside those that every model has.
OTHER_PAGES = {
    "admin:training_search_metrics": Page(),
    "admin:kernels_skill_routing": Page(posts=OPERATES, post={"serving": "regex"}),
    "admin:training_nightlyplan_train_now": Page(TRAINS, TRAINS),
    "admin:kernels_kernelversion_edit_contract": Page(OPERATES, OPERATES, model=VERSION),
    "admin:kernels_kernelversion_second": Page(OPERATES, OPERATES, model=VERSION),
    "admin:kernels_kernelversion_second_withdraw": Page(None, OPERATES, model=VERSION),
    "admin:kernels_kernelversion_replay": Page(None, OPERATES, model=VERSION),
    "admin:kernels_kernelversion_undo": Page(None, OPERATES, model="kernels.reviewaction"),
    "admin:trajectories_run_whole": Page(model="trajectories.run", rest=("request",)),
    "admin:trajectories_trajectory_whole": Page(model="trajectories.trajectory", rest=("prompt",)),
    "admin:trajectories_trajectory_say": Page(
        OPERATES, OPERATES, model="trajectories.trajectory", rest=("verdict",)
    ),
    "dashboard_routing": Page(),
    "dashboard_training": Page(),
    "dashboard_training_now": Page(),
    "dashboard_labelling": Page(posts=LABELS, post={"act": "worker"}),
}
OF_ONE_ACCOUNT = {"auth_user_password_change"}  # tried by itself
OF_DJANGO = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
    "app_list",
    "search",
    "toggle_sidebar",
}
