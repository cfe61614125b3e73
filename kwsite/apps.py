from django.apps import AppConfig

from kwsite.celery import app

app.set_default()  # tasks are sent from any thread of the web process


class KwsiteConfig(AppConfig):
    name = "kwsite"
