"""What a list says while it has no rows: how the first one comes about."""

NOTHING_YET = {
    "auth.group": "Groups come with the service; run its migrations.",
    "django_celery_beat.clockedschedule": "No task runs once, at a set time.",
    "django_celery_beat.crontabschedule": "The schedule fills itself once its process runs.",
    "django_celery_beat.intervalschedule": "The schedule fills itself once its process runs.",
    "django_celery_beat.periodictask": "The schedule fills itself once its process runs.",
    "django_celery_beat.solarschedule": "No task runs by the sun.",
    "kernels.cacheentry": "An entry is made when a search finds an answer that its checks accept.",
    "kernels.calibration": "Load the starter kernels: manage.py load_kernels.",
    "kernels.composition": "Propose one by POST /api/compositions, or with manage.py compose add.",
    "kernels.compositionreview": "Decisions about compositions are kept here.",
    "kernels.exemplar": "Exemplars come with kernels: manage.py load_kernels loads the first ones.",
    "kernels.kernel": "Load the starter kernels with manage.py load_kernels, or send requests: "
    "what repeats and is verified becomes a candidate.",
    "kernels.kernelversion": "A candidate is made of requests that repeat and whose answers are "
    "verified: send requests, and say with POST /api/feedback which answers are right.",
    "kernels.nearreuse": "A worker stands here once its answers were reused for near duplicates.",
    "kernels.planrun": "Run a live composition by POST /api/compositions/NAME/runs.",
    "kernels.reviewaction": "Decisions about kernel versions are kept here.",
    "kernels.routinghead": "One is fitted once enough answers were judged: manage.py fit_head.",
    "kernels.routingswitch": "Patterns choose skills for everybody; a switch is made at "
    "“Who chooses skills”.",
    "kernels.shadowrecord": "Choices are kept once skills are loaded and agents send prompts.",
    "kernels.skill": "Load a folder of skills with manage.py skills import.",
    "training.adapter": "A fine-tuning that ends well registers one: begin a nightly plan with "
    "manage.py train nightly.",
    "training.labelitem": "Answers are put here to be labelled each night, or by hand from the "
    "list of searches.",
    "training.lorarun": "A nightly plan queues runs: begin one with “Train now”, or with "
    "manage.py train nightly.",
    "training.nightlyplan": "A plan begins at night, or with “Train now”.",
    "training.nightlysettings": "The settings are made with the first plan.",
    "training.reviewitem": "Nobody disagrees: reward model and verifier judge alike.",
    "training.routeroutcome": "An outcome is kept for every search: ask with a search in the "
    "request.",
    "training.snapshot": "One is made once there is enough to learn from.",
    "training.stepexample": "Steps are kept of searches whose answers were verified.",
    "training.trainingnode": "Start one with manage.py node on the machine that shall train.",
    "training.workerdelta": "A worker stands here once people judged its answers.",
    "trajectories.agentsession": "Install the hook where an agent works: kernelweave-hook install.",
    "trajectories.apikey": "Issue one for each app, here or with manage.py provision.",
    "trajectories.client": "Add one for each app that asks.",
    "trajectories.feedback": "Apps send it by POST /api/feedback; operators judge in the lists of "
    "trajectories and searches.",
    "trajectories.receiptkey": "A key stands here once it has signed a receipt.",
    "trajectories.run": "Send the first request: POST /v1/chat/completions with an API key.",
    "trajectories.searchrecord": "Searches are made where a request asks for one, or no kernel "
    "answers.",
    "trajectories.trajectory": "Send the first request: POST /v1/chat/completions with an API key.",
}

# By the state that the list is filtered for, where that makes a queue of it.
NOBODY_WAITS = {
    ("kernels.kernelversion", "candidate"): "No candidate waits. "
    + NOTHING_YET["kernels.kernelversion"],
    ("kernels.kernelversion", "quarantined"): "No version is in quarantine. One gets there when "
    "what it answers fails more often than it did.",
    ("training.labelitem", "open"): "No answer waits for a label. "
    + NOTHING_YET["training.labelitem"],
}
