"""heroku3's session made fit for use. Imported when Heroku is first asked for anything: it takes 80 ms.

heroku3 brings authentication, the headers of the protocol and the transport. What it lacks is done here: time limits,
other variants of the API's version, and the answer itself where heroku3 makes an exception without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from heroku3.api import Heroku, RateLimitExceeded

LOST = (requests.RequestException, OSError)
"""What no answer, or half of one, raises."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Session(requests.Session):
    """Gives every request a time limit and the headers of the moment, and keeps the last answer."""

    def __init__(self) -> None:
        super().__init__()
        self.timeout: tuple[float, float] = (5.0, 15.0)
        self.more: Mapping[str, str] = {}
        self.last: requests.Response | None = None

    def request(self, method: str | bytes, url: str | bytes, *arguments: Any, **keywords: Any) -> requests.Response:
        headers = {**(keywords.pop("headers", None) or {}), **self.more}
        self.last = None
        keywords.setdefault("timeout", self.timeout)
        # A redirect would carry the key on to wherever it points.
        keywords |= {"allow_redirects": False, "headers": headers}
        self.last = super().request(method, url, *arguments, **keywords)
        return self.last


class Wire:
    """One thread's connection to the API: heroku3's objects are not made for several."""

    def __init__(self, url: str, key: str) -> None:
        self._session = _Session()
        self._heroku = Heroku(session=self._session)
        # Not `authenticate`: that asks the API at once, and says nothing if the key is bad.
        self._heroku._heroku_url = url
        self._session.auth = ("", key)

    def send(
        self, method: str, path: str, data: str | None, span: str, more: Mapping[str, str], timeout: tuple[float, float]
    ) -> Answer:
        """Send one request. Raises one of `LOST`; whatever was answered, good or bad, is an answer."""
        self._session.more, self._session.timeout = more, timeout
        try:
            self._heroku._http_resource(method, path.strip("/").split("/"), data=data, valrange=span or None)
        except (RateLimitExceeded, requests.HTTPError):
            if self._session.last is None:
                raise
        response, self._session.last = self._session.last, None
        assert response is not None
        return Answer(response.status_code, response.headers, response.content)

    def close(self) -> None:
        self._session.close()


def open_stream(url: str, timeout: tuple[float, float]) -> requests.Response:
    """The answer of a URL that carries its own secret (logs, output of builds); read it with `iter_content`.
    Certificates are checked, which heroku3 would not do."""
    return requests.get(url, stream=True, timeout=timeout, headers={"Accept-Encoding": "identity"})


def put(url: str, data: bytes, timeout: tuple[float, float]) -> int:
    """Upload to a URL that carries its own secret; gives the status of the answer."""
    return requests.put(url, data=data, timeout=timeout, headers={"Content-Type": ""}).status_code


def fetch(url: str, key: str, accept: str, timeout: tuple[float, float]) -> Answer:
    """What is at a URL outside the API that takes the same key."""
    response = requests.get(url, auth=("", key), headers={"Accept": accept}, timeout=timeout, allow_redirects=False)
    return Answer(response.status_code, response.headers, response.content)
