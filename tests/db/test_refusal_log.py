"""A refused request is one line in the log; an error of the server says where it was."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils.log import log_response

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What goes to the console."""
    (console,) = [one for one in logging.getLogger().handlers if one.get_name() == "console"]
    assert isinstance(console, logging.StreamHandler)
    written = io.StringIO()
    before = console.setStream(written)
    yield written
    console.setStream(before)


def test_a_refusal_is_one_line(log: io.StringIO) -> None:
    browser = Browser()
    browser.force_login(User.objects.create_user("visitor", is_staff=True))
    assert browser.get("/admin/auth/user/").status_code == 403
    (line,) = log.getvalue().splitlines()
    assert "WARNING django.request: Forbidden" in line
    assert line.endswith("/admin/auth/user/")


def test_a_request_for_another_host_is_one_line(log: io.StringIO) -> None:
    assert Browser().get("/admin/", headers={"host": "evil.example"}).status_code == 400
    (line,) = log.getvalue().splitlines()
    assert "django.security.DisallowedHost" in line


@pytest.mark.parametrize(("status", "is_told"), [(403, False), (404, False), (500, True)])
def test_an_error_of_the_server_is_logged_with_its_traceback(
    status: int, is_told: bool, log: io.StringIO
) -> None:
    request, response = RequestFactory().get("/"), HttpResponse(status=status)
    try:
        raise PermissionDenied("no")
    except PermissionDenied as error:
        log_response("%s", "told", response=response, request=request, exception=error)
    assert ("Traceback" in log.getvalue()) is is_told
    assert log.getvalue().splitlines()[0].endswith("django.request: told")
