"""A browser that signs in to the admin and asks for pages, one after the other."""

import re
from collections.abc import Mapping
from time import perf_counter

import httpx2

from kwsite.bench.http_client import UnexpectedReply

TIMEOUT_S = 60.0
LOGIN = "/admin/login/"


class SignedIn:
    def __init__(self, base_url: str, *, user: str, password: str) -> None:
        """Raises UnexpectedReply."""
        self._http = httpx2.Client(base_url=base_url, timeout=TIMEOUT_S)
        form = self._http.get(LOGIN)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
        if form.status_code != 200 or token is None:
            raise UnexpectedReply(f"{LOGIN}: {form.status_code}")
        said = {"username": user, "password": password, "csrfmiddlewaretoken": token[1]}
        entered = self._http.post(LOGIN, data=said, headers={"Referer": f"{base_url}{LOGIN}"})
        if entered.status_code != 302:
            raise UnexpectedReply(f"{LOGIN}: {entered.status_code}: {entered.text[:200]}")

    def look(self, path: str, query: Mapping[str, str]) -> tuple[str, float]:
        """A page, and the milliseconds until it was there. Raises UnexpectedReply."""
        began = perf_counter()
        response = self._http.get(path, params=dict(query))
        took_ms = (perf_counter() - began) * 1e3
        if response.status_code != 200:
            raise UnexpectedReply(f"{path}: {response.status_code}: {response.text[:200]}")
        return response.text, took_ms
