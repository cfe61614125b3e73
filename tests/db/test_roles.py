"""Who may do what in the admin: every page and every action is tried by every role."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, reverse

from kwsite.dashboard.urls import PAGES
from kwsite.roles import ROLES, grant_roles
from tests.db.admin_browser import candidate, change, changelist, root
from tests.db.role_browsers import browsers, rows
from tests.db.role_table import (
    ACTIONS,
    ADDS,
    ADMIN,
    CHANGES,
    DELETES,
    EVERYBODY,
    OF_DJANGO,
    OF_ONE_ACCOUNT,
    OTHER_PAGES,
    SEES,
)

__all__ = ["browsers", "candidate", "root", "rows"]
pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)


def allowed(browsers: dict[str, Browser], ask: Callable[[Browser], Any]) -> set[str]:
    """The roles that were let in; the others must have been refused."""
    answers = {role: ask(browser).status_code for role, browser in browsers.items()}
    assert set(answers.values()) <= {200, 302, 400, 403, 404}, answers  # 404: no such row any more
    return {role for role, status in answers.items() if status != 403}


def label_of(model: type[Model]) -> str:
    return str(model._meta.label_lower)


def test_every_permission_of_the_table_exists() -> None:
    there = {
        f"{one.content_type.app_label}.{one.codename}"
        for one in Permission.objects.select_related("content_type")
    }
    assert frozenset.union(*ROLES.values()) <= there


def test_everything_of_the_admin_is_in_the_table() -> None:
    shown = {f"{model._meta.app_label}.view_{model._meta.model_name}" for model in MODELS}
    assert shown <= ROLES["admin"]
    assert ROLES["viewer"] < ROLES["operator"] < ROLES["admin"]
    assert ROLES["viewer"] < ROLES["ML engineer"] < ROLES["admin"]


def test_the_roles_are_made_where_there_are_people_and_groups_already() -> None:
    Group.objects.all().delete()
    Permission.objects.filter(content_type__app_label="training").delete()
    person, own = User.objects.create_user("ada"), Group.objects.create(name="night shift")
    person.groups.add(own)
    viewers = Group.objects.create(name="viewer")
    viewers.permissions.add(Permission.objects.get(codename="add_client"))

    grant_roles(apps)
    grant_roles(apps)

    for role, granted in ROLES.items():
        permissions = Group.objects.get(name=role).permissions.select_related("content_type")
        named = {f"{one.content_type.app_label}.{one.codename}" for one in permissions}
        assert named - {"trajectories.add_client"} == granted - {"trajectories.add_client"}
    assert viewers.permissions.filter(codename="add_client").exists()
    assert list(person.groups.all()) == [own]
    assert not own.permissions.exists()


@pytest.mark.parametrize("model", MODELS, ids=label_of)
def test_pages_of_a_model_are_for_its_roles(
    browsers: dict[str, Browser], rows: None, model: type[Model]
) -> None:
    label, page = label_of(model), changelist(model)
    sees = SEES.get(label, EVERYBODY)
    assert allowed(browsers, lambda browser: browser.get(page)) == sees
    assert allowed(browsers, lambda browser: browser.get(f"{page}add/")) == ADDS.get(label, set())
    row = model._default_manager.first()
    assert row is not None
    own = change(row)
    assert allowed(browsers, lambda browser: browser.get(own)) == sees
    history = own.replace("/change/", "/history/")
    assert allowed(browsers, lambda browser: browser.get(history)) == sees
    # An empty form changes nothing: whoever may post gets it back with what is missing.
    assert allowed(browsers, lambda browser: browser.post(own, {})) == CHANGES.get(label, set())
    gone = own.replace("/change/", "/delete/")
    assert allowed(browsers, lambda browser: browser.get(gone)) == DELETES.get(label, set())


def test_every_action_is_in_the_table() -> None:
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("root")
    found = {
        label_of(model): set(admin.site._registry[model].get_actions(request)) for model in MODELS
    }
    assert {label: actions for label, actions in found.items() if actions} == {
        label: set(actions) for label, actions in ACTIONS.items()
    }


@pytest.mark.parametrize("label", ACTIONS)
def test_actions_and_their_pages_are_for_their_roles(
    browsers: dict[str, Browser], rows: None, label: str
) -> None:
    """Without a selection they change nothing, and are refused all the same."""
    model = apps.get_model(label)
    page, shown = changelist(model), admin.site._registry[model]
    for action, roles in ACTIONS[label].items():
        post = {"action": action, "index": "0"}
        assert allowed(browsers, lambda browser, post=post: browser.post(page, post)) == roles  # type: ignore[misc]
    row = model._default_manager.first()
    assert row is not None
    for name, decision in getattr(shown, "decisions", {}).items():
        asks = reverse(
            f"admin:{model._meta.app_label}_{model._meta.model_name}_decide", args=[row.pk, name]
        )
        roles = ACTIONS[label][decision.action]
        assert allowed(browsers, lambda browser, asks=asks: browser.get(asks)) == roles  # type: ignore[misc]


def named_pages() -> set[str]:
    """The names of the admin's addresses, without those that every model has."""

    def names(patterns: list[Any]) -> set[str]:
        found: set[str] = set()
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                found |= names(pattern.url_patterns)
            elif isinstance(pattern, URLPattern) and pattern.name:
                found.add(pattern.name)
        return found

    usual = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in MODELS
        for page in ("changelist", "add", "history", "delete", "change", "decide")
    }
    return names(admin.site.urls[0]) - usual - OF_DJANGO - OF_ONE_ACCOUNT


def test_every_other_page_is_in_the_table() -> None:
    own = {f"dashboard_{page.name}" for page in PAGES}
    assert {f"admin:{name}" for name in named_pages()} | own == set(OTHER_PAGES)


@pytest.mark.parametrize("name", OTHER_PAGES)
def test_other_pages_are_for_their_roles(
    browsers: dict[str, Browser], rows: None, name: str
) -> None:
    page, args = OTHER_PAGES[name], []
    if page.model:
        row = apps.get_model(page.model)._default_manager.order_by("pk").first()
        assert row is not None
        args = [row.pk, *page.rest]
    address = reverse(name, args=args)
    if page.opens is not None:
        assert allowed(browsers, lambda browser: browser.get(address)) == page.opens
    if page.posts:
        posted = allowed(browsers, lambda browser: browser.post(address, page.post))
        assert posted == page.posts


def test_passwords_of_others_are_for_admins(browsers: dict[str, Browser]) -> None:
    page = reverse("admin:auth_user_password_change", args=[User.objects.get(username="viewer").pk])
    assert allowed(browsers, lambda browser: browser.get(page)) == ADMIN


def test_who_has_no_role_sees_nothing(rows: None) -> None:
    browser = Browser()
    browser.force_login(User.objects.create_user("nobody", is_staff=True))
    for model in MODELS:
        assert browser.get(changelist(model)).status_code == 403


def test_the_sidebar_offers_what_one_may_see(browsers: dict[str, Browser], rows: None) -> None:
    pages = {
        role: browser.get(reverse("admin:index")).content.decode()
        for role, browser in browsers.items()
    }
    for model in MODELS:
        link, sees = f'href="{changelist(model)}', SEES.get(label_of(model), EVERYBODY)
        shown = {role for role, page in pages.items() if link in page}
        assert shown in (sees, set())
    assert all("/trajectories/run/" in page for page in pages.values())
