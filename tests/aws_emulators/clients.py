"""Sessions that speak to emulators, whatever the variables of a test say, and bare clients to look from outside."""

from __future__ import annotations

import threading
from functools import cache
from itertools import count
from typing import Any

import boto3

from tuienv.backends.aws import budget
from tuienv.backends.aws.session import Session

REGION = "us-east-1"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}

ELSEWHERE = frozenset({"application-autoscaling"})
"""Services that ministack lacks and moto has."""


_number = count(1)
_making = threading.Lock()
"""Making clients of one session is not for several threads at once."""


class LocalSession(Session):
    """A session with one emulator, and with another for what the first one lacks."""

    def __init__(self, url: str, other: str) -> None:
        super().__init__()
        # Each has a budget of its own, and no end to it: what a client that was killed held would be missing for ever.
        self.name = f"emulated-{next(_number)}"
        budget._budgets[self.name, REGION] = budget.RequestBudget(stretch=1e9)
        self._url, self._other = url, other

    def _open(self, service: str) -> Any:
        url = self._other if service in ELSEWHERE else self._url
        with _making:
            client = _shared().client(service, endpoint_url=url, region_name=REGION, config=self._config(), **KEYS)
        client.meta.events.register("before-call", self._announce)
        return client

    def turn_to(self, url: str) -> None:
        """Speak to what is there from now on, and keep whatever was noted before."""
        with self._lock:
            self._url = url
            self._clients.clear()

    def _session(self) -> Any:
        return _shared()


@cache
def _shared() -> Any:
    """One for all: what it reads of botocore's data is read once."""
    return boto3.Session(region_name=REGION)


def bare(service: str, url: str) -> Any:
    """A client to look from outside."""
    with _making:
        return _shared().client(service, endpoint_url=url, region_name=REGION, **KEYS)
