"""A client for tests of the double itself: it asks, and holds each good answer against the schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import urllib3

from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.schema import answer_mistakes

ACCEPT = "application/vnd.heroku+json; version=3"


# Asked by the official CLI, and in no schema.
OUTSIDE = {"/apps/shop/pre-authorizations"}


@dataclass(frozen=True)
class Got:
    """An answer: `body` is JSON where there is any, else text."""

    status: int
    headers: dict[str, str]
    body: Any


class Asker:
    """Asks a platform as the account with this key."""

    def __init__(self, platform: HerokuPlatform, http: urllib3.PoolManager, key: str = "key-of-user") -> None:
        self._url, self._http, self._key = platform.url, http, key

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Got:
        """Ask. Headers: ``if_none_match="…"``."""
        sent = {"Accept": ACCEPT, "Authorization": f"Bearer {self._key}"}
        sent |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body)
        address = path if "://" in path else self._url + path
        answer = self._http.request(method, address, body=content, headers=sent)
        text = answer.data.decode()
        known = answer.headers.get("Content-Type") == "application/json"
        got = Got(
            answer.status,
            {name.title(): value for name, value in answer.headers.items()},
            json.loads(text) if known else text,
        )
        if known and got.status < 300 and ".sdk" not in sent["Accept"] and path not in OUTSIDE:
            mistakes = answer_mistakes(method, path.partition("?")[0], got.body)
            assert mistakes == []
        return got

    def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The body of an answer that is good."""
        got = self(method, path, body, **headers)
        assert got.status < 300, f"{method} {path}: {got.status} {got.body}"
        return got.body
