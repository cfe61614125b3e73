"""The addresses of these pages, which come before the admin's own."""

from django.urls import URLPattern

from kwsite.dashboard import labelling, routing, training, training_now
from kwsite.dashboard.page import AdminPage

PAGES: tuple[AdminPage, ...] = (
    routing.PAGE,
    training.PAGE,
    training_now.PAGE,
    labelling.PAGE,
)


def page_urls() -> list[URLPattern]:
    return [page.pattern for page in PAGES]
