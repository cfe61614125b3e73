"""An app of the service, as tests with a database use it."""

import pytest
from django.test import Client as Browser

from trajectories.access import issue_key
from trajectories.models import Client


@pytest.fixture
def client() -> Client:
    return Client.objects.create(name="app")


@pytest.fixture
def app(client: Client) -> Browser:
    """Its key in the header of each request."""
    return Browser(headers={"authorization": f"Bearer {issue_key(client=client, label='t')[1]}"})
