"""The addresses of these pages, which come before the admin's own."""

from django.urls import URLPattern

from kwsite.dashboard.page import AdminPage

PAGES: tuple[AdminPage, ...] = ()


def page_urls() -> list[URLPattern]:
    return [page.pattern for page in PAGES]
