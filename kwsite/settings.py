"""Django settings. Every figure of the product is a `KW_` setting, read from the environment."""

from typing import Any

import django_stubs_ext
import psycopg.conninfo

from kwsite.env import CHECKOUT, Environment, home, stack_values
from kwsite.storage_setting import snapshots_storage
from kwsite.theme import THEME

django_stubs_ext.monkeypatch()  # lets admin classes name the model they are for

env = Environment(stack_values())

BASE_DIR = CHECKOUT
SECRET_KEY = env.text("KW_SECRET_KEY", "only-for-commands-that-need-no-secret")
KW_RECEIPT_KEY = env.signing_key("KW_RECEIPT_KEY")  # private, of receipts; empty: none are made
DEBUG = env.flag("KW_DEBUG", False)
ALLOWED_HOSTS = env.words("KW_ALLOWED_HOSTS", "127.0.0.1,localhost,testserver")
CSRF_TRUSTED_ORIGINS = env.words("KW_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # its pages are found by kwsite.urls
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_celery_beat",
    "ninja",
    "trajectories",
    "kernels",
    "training",
    "workers",
    "kwsite",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "kwsite.time_zone.time_zone_middleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "kwsite.urls"
ASGI_APPLICATION = "kwsite.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "kwsite" / "templates"],  # ours come before the theme's
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"  # where a browser says nothing else
FORMAT_MODULE_PATH = "kwsite.formats"
USE_TZ = True
CSRF_FAILURE_VIEW = "kwsite.refused_pages.csrf_failure"
LOGIN_REDIRECT_URL = "admin:index"
STATIC_URL = "/static/"
STATIC_ROOT = home() / "static"
# Snapshots of the nets, datasets and adapters: in KW_STORAGE, or else in this folder.
KW_SNAPSHOT_DIR = env.text("KW_SNAPSHOT_DIR", str(home() / "snapshots"))
KW_STORAGE = env.text("KW_STORAGE")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "snapshots": snapshots_storage(env, folder=KW_SNAPSHOT_DIR),
}

# Connections that each process keeps open; 0 opens one a use.
KW_DB_POOL_MAX = env.integer("KW_DB_POOL_MAX", 20)


def _database(url: str) -> dict[str, Any]:
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # Not chained: the parser repeats the address, password included.
        raise SystemExit(
            "DATABASE_URL is not the address of a PostgreSQL database: write it as "
            "postgresql://user:password@host:5432/name."
        ) from None
    pool = {"min_size": min(2, KW_DB_POOL_MAX), "max_size": KW_DB_POOL_MAX, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "kernelweave"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {
            **parts,
            # A filtered HNSW scan otherwise stops before it has found enough rows.
            "options": "-c hnsw.iterative_scan=strict_order",
            **({"pool": pool} if KW_DB_POOL_MAX else {}),
        },
    }


DATABASES = {
    "default": _database(env.text("DATABASE_URL", "postgresql://127.0.0.1:5432/kernelweave"))
}
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"refusals": {"()": "kwsite.refusal_log.WithoutTraceback"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["refusals"],
        }
    },
    "root": {"handlers": ["console"], "level": env.choice("KW_LOG_LEVEL", "INFO")},
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("httpx", "httpx2", "celery.worker.strategy", "celery.app.trace")
    },
}

# The model server: any OpenAI-compatible one, or Anthropic's.
KW_LLM_PROVIDER = env.choice("KW_LLM_PROVIDER", "openai")
KW_LLM_BASE_URL = env.text("KW_LLM_BASE_URL")
KW_LLM_API_KEY = env.text("KW_LLM_API_KEY", "none")
KW_LLM_MODEL = env.text("KW_LLM_MODEL", "smollm2-135m-instruct")
KW_LLM_TIMEOUT_S = env.number("KW_LLM_TIMEOUT_S", 60)
KW_LLM_CONNECT_TIMEOUT_S = env.number("KW_LLM_CONNECT_TIMEOUT_S", 5)
KW_SCRIPTED_DELAY_S = env.number("KW_SCRIPTED_DELAY_S", 0)  # a token, for the scripted fake

# Requests.
KW_MAX_PROMPT_CHARS = env.integer("KW_MAX_PROMPT_CHARS", 100_000)
KW_MAX_MESSAGES = env.integer("KW_MAX_MESSAGES", 200)
# A schema that an app sends, each: llama.cpp compiles one at these limits in about a second.
KW_MAX_SCHEMA_CHARS = env.integer("KW_MAX_SCHEMA_CHARS", 32_000)
KW_MAX_SCHEMA_CHOICES = env.integer("KW_MAX_SCHEMA_CHOICES", 500)  # enum members, alternatives
KW_MAX_SCHEMA_PROPERTIES = env.integer("KW_MAX_SCHEMA_PROPERTIES", 500)
KW_MAX_SCHEMA_DEPTH = env.integer("KW_MAX_SCHEMA_DEPTH", 40)  # levels of JSON
KW_MAX_COMPLETION_TOKENS = env.integer("KW_MAX_COMPLETION_TOKENS", 4096)
KW_DEFAULT_MAX_TOKENS = env.integer("KW_DEFAULT_MAX_TOKENS", 512)
KW_REQUEST_TIMEOUT_S = env.number("KW_REQUEST_TIMEOUT_S", 120)
KW_SIGN_IN_CACHE_S = env.number("KW_SIGN_IN_CACHE_S", 2)  # 0: every request looks its key up
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("KW_MAX_BODY_BYTES", 2 * 1024 * 1024)

# Runs: how long a worker may be silent before another takes its run over.
KW_LEASE_S = env.number("KW_LEASE_S", 10)
KW_MAX_ATTEMPTS = env.integer("KW_MAX_ATTEMPTS", 3)
# A run in work for longer, or a process in which nothing moves for so long, ends the process.
KW_RUN_LIMIT_S = env.number("KW_RUN_LIMIT_S", 900)
KW_STUCK_S = env.number("KW_STUCK_S", 30)

# Routing.
KW_WRONG_REUSE_CEILING = env.number("KW_WRONG_REUSE_CEILING", 0.10)
KW_ROUTE_TOP_K = env.integer("KW_ROUTE_TOP_K", 24)
KW_REFIT_MIN_VERDICTS = env.integer("KW_REFIT_MIN_VERDICTS", 50)
KW_REUSE_ANSWERS = env.flag("KW_REUSE_ANSWERS", True)
KW_REUSE_MAX_AGE_S = env.number("KW_REUSE_MAX_AGE_S", 7 * 24 * 3600)
KW_KERNEL_MIN_PASS_RATE = env.number("KW_KERNEL_MIN_PASS_RATE", 0.7)  # from 5 verdicts on
KW_KERNEL_RETRIES = env.integer("KW_KERNEL_RETRIES", 1)

# What agents send: how late it may come, how long it is kept, when an open trajectory is given up.
KW_TAP_MAX_AGE_DAYS = env.number("KW_TAP_MAX_AGE_DAYS", 30)
KW_EVENT_RETENTION_DAYS = env.number("KW_EVENT_RETENTION_DAYS", 365)
KW_TAP_IDLE_S = env.number("KW_TAP_IDLE_S", 6 * 3600)

# Embeddings of texts that came lately.
KW_EMBEDDING_CACHE_SIZE = env.integer("KW_EMBEDDING_CACHE_SIZE", 500)  # 12 kB each
KW_EMBEDDING_CACHE_S = env.number("KW_EMBEDDING_CACHE_S", 24 * 3600)

# Skills: who chooses for a prompt, patterns or vectors, and when vectors may.
KW_SKILL_MIN_COSINE = env.number("KW_SKILL_MIN_COSINE", 0.25)  # below it, vectors choose none
KW_SHADOW_MIN_RECORDS = env.integer("KW_SHADOW_MIN_RECORDS", 100)
KW_SHADOW_MIN_HIT_RATE = env.number("KW_SHADOW_MIN_HIT_RATE", 0.5)
KW_SHADOW_MIN_AGREEMENT = env.number("KW_SHADOW_MIN_AGREEMENT", 0.8)
KW_SHADOW_MIN_LIFT = env.number("KW_SHADOW_MIN_LIFT", 0.05)
KW_SHADOW_MIN_JUDGED = env.integer("KW_SHADOW_MIN_JUDGED", 20)  # rewards on either side
KW_SHADOW_DAYS = env.number("KW_SHADOW_DAYS", 30)

# Search: for what answers, and how far it goes.
KW_SEARCH = env.choice("KW_SEARCH", "bare")
KW_SEARCH_TOKENS = env.integer("KW_SEARCH_TOKENS", 2048)  # that all simulations write together
KW_SEARCH_PARALLEL = env.integer("KW_SEARCH_PARALLEL", 4)  # simulations at a time
KW_SEARCH_GATE = env.number("KW_SEARCH_GATE", 0.5)
KW_SEARCH_MAX_REFLECTIONS = env.integer("KW_SEARCH_MAX_REFLECTIONS", 2)
KW_SEARCH_SURE = env.number("KW_SEARCH_SURE", 0.6)  # of the router, for one worker alone
KW_ROUTER_EPSILON = env.number("KW_ROUTER_EPSILON", 0.1)  # share of searches by any worker
KW_SEARCH_TIMEOUT_S = env.number("KW_SEARCH_TIMEOUT_S", 100)
KW_SEARCH_MIN_JUDGED = env.integer("KW_SEARCH_MIN_JUDGED", 20)  # answers, for a strategy to count
KW_SEARCH_MIN_GAIN = env.number("KW_SEARCH_MIN_GAIN", 0.02)  # in quality, for 1,000 tokens more
KW_SEARCH_EXPLORE = env.number("KW_SEARCH_EXPLORE", 0.05)
KW_SEARCH_MEMORY_DAYS = env.number("KW_SEARCH_MEMORY_DAYS", 30)

# Promotion: from repeated, verified successes to a candidate kernel.
KW_MIN_MUTATION_SCORE = env.number("KW_MIN_MUTATION_SCORE", 0.6)
KW_PROMOTE_MIN_SUCCESSES = env.integer("KW_PROMOTE_MIN_SUCCESSES", 8)
KW_PROMOTE_MIN_SIMILARITY = env.number("KW_PROMOTE_MIN_SIMILARITY", 0.5)
KW_PROMOTE_MIN_REWARD = env.number("KW_PROMOTE_MIN_REWARD", 0.6)
KW_PROMOTE_ASK_CONDITIONS = env.flag("KW_PROMOTE_ASK_CONDITIONS", False)
KW_PROMOTE_MIN_CONFIDENCE = env.number("KW_PROMOTE_MIN_CONFIDENCE", 0.5)
KW_SCORE_DELAY_S = env.number("KW_SCORE_DELAY_S", 0.5)  # answers of this long are scored at once
KW_PROMOTE_DELAY_S = env.number("KW_PROMOTE_DELAY_S", 2)

# Money: what a million tokens cost, as the admin's figures count it; 0: nothing is said of money.
KW_PRICE_IN = env.number("KW_PRICE_IN", 0)  # that a model reads
KW_PRICE_OUT = env.number("KW_PRICE_OUT", 0)  # that it writes
KW_PRICE_CURRENCY = env.text("KW_PRICE_CURRENCY", "USD")

# Adapters: fine-tuned for a family of requests, tried on a share of them.
KW_ADAPTER_CONTROL_SHARE = env.number("KW_ADAPTER_CONTROL_SHARE", 0.05)  # for what was replaced
KW_ADAPTER_DIR = env.text("KW_ADAPTER_DIR")  # that a vLLM server sees; empty: it gets none
KW_ADAPTER_DIR_THERE = env.text("KW_ADAPTER_DIR_THERE")  # as it calls that; empty: the same
KW_ADAPTER_SHADOW_SHARE = env.number("KW_ADAPTER_SHADOW_SHARE", 0.5)  # of answers, asked twice
KW_ADAPTER_MIN_ANSWERS = env.integer("KW_ADAPTER_MIN_ANSWERS", 20)  # judged, of either side
KW_ADAPTER_ALPHA = env.number("KW_ADAPTER_ALPHA", 0.05)  # of the tests
KW_ADAPTER_TRIAL_DAYS = env.number("KW_ADAPTER_TRIAL_DAYS", 7)  # without a verdict, then it is out

# Learning: the router's policy network and the process reward model.
KW_LEARN_EVERY = env.integer("KW_LEARN_EVERY", 25)  # new rows before a net is fitted again
KW_POLICY_MIN_OUTCOMES = env.integer("KW_POLICY_MIN_OUTCOMES", 30)  # to fit on
KW_PRM_MIN_STEPS = env.integer("KW_PRM_MIN_STEPS", 100)  # to fit on
KW_LEARN_MIN_HELD_OUT = env.integer("KW_LEARN_MIN_HELD_OUT", 10)  # held-out queries, to compare on
KW_NETS_GO_LIVE = env.flag("KW_NETS_GO_LIVE", True)  # off: the winner waits for an operator
KW_SNAPSHOT_POLL_S = env.number("KW_SNAPSHOT_POLL_S", 2)
KW_LABEL_QUEUE = env.integer("KW_LABEL_QUEUE", 20)  # answers that wait for a label; 0: none
KW_PRM_DISAGREEMENT = env.number("KW_PRM_DISAGREEMENT", 0.5)

# Fine-tuning: the nodes, and what they work with.
KW_TRAINER = env.choice("KW_TRAINER", "device")  # or scripted, which trains nothing
KW_TRAIN_DIR = env.text("KW_TRAIN_DIR", str(home() / "training"))  # scratch, a node's own
KW_TRAIN_PROCESSES = env.integer("KW_TRAIN_PROCESSES", 1)  # GPUs that train together
KW_TRAIN_RECOMPUTE = env.flag("KW_TRAIN_RECOMPUTE", False)  # less memory, a fifth slower
KW_TRAIN_LEASE_S = env.number("KW_TRAIN_LEASE_S", 30)
KW_TRAIN_SILENCE_S = env.number("KW_TRAIN_SILENCE_S", 1800)  # of a trainer, until it is ended
KW_KEEP_TRAINED_DAYS = env.integer("KW_KEEP_TRAINED_DAYS", 30)  # files that nothing asks for
KW_TRAIN_MAX_ATTEMPTS = env.integer("KW_TRAIN_MAX_ATTEMPTS", 5)
KW_LLM_GGUF = env.text("KW_LLM_GGUF")  # of the embedded model server; empty: the installed one

UNFOLD = THEME

KW_BENCH_DATA = env.text("KW_BENCH_DATA")  # folder with the data of `bench routing`
