"""A refused request is one line in the log; an error of the server says where it was."""

import logging

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory
from django.utils.log import log_response

pytestmark = pytest.mark.django_db


def test_a_refusal_is_logged_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    browser = Browser()
    browser.force_login(User.objects.create_user("visitor", is_staff=True))
    assert browser.get("/admin/auth/user/").status_code == 403
    (record,) = [record for record in caplog.records if record.name == "django.request"]
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert "/admin/auth/user/" in record.getMessage()


@pytest.mark.parametrize(("status", "is_told"), [(403, False), (404, False), (500, True)])
def test_an_error_of_the_server_is_logged_with_its_traceback(
    status: int, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    error = PermissionDenied("no")
    request, response = RequestFactory().get("/"), HttpResponse(status=status)
    log_response("%s", "told", response=response, request=request, exception=error)
    (record,) = caplog.records
    assert bool(record.exc_info) is is_told
    assert record.levelno == (logging.ERROR if is_told else logging.WARNING)
