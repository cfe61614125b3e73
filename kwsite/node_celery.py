"""The Celery application of a node: it knows the training tasks alone, and loads less for it."""

from kwsite.celery import app

__all__ = ["app"]

app.conf.imports = ("workers.tasks.training",)
