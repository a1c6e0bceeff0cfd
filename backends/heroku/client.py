"""The one place through which every request to the Platform API goes: counted, timed out, its errors the contract's."""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tuienv.backends.base import NotAuthenticated, Secret, Unreachable, no_secret
from tuienv.backends.heroku.accounts import Account, find_account
from tuienv.backends.heroku.failures import SIGN_IN, refused, unanswered
from tuienv.model import Budget
from tuienv.redaction import learn

if TYPE_CHECKING:
    from tuienv.backends.heroku.transport import Answer, Wire

Row = dict[str, Any]
Hook = Callable[[str, str], None]

ACCEPT = "application/vnd.heroku+json; version=3"
DOCKER_RELEASES = "docker-releases"
"""The variant of the API in which a formation takes an image of the container registry."""

PAGE = 1000
"""The most that a page may hold: fewer requests, and each of them counts."""

LIMIT, REFILL = 4500, 75 / 60
"""Requests an account may save up, and how many come back a second (Dev Center, "Platform API Rate Limits")."""

KEPT_ANSWERS = 2000
READS = frozenset({"GET"})


class Client:
    """One account. Opening contacts nobody; safe to use from several threads.

    `before_call` is told the method and the path of every request just before it goes out, and may raise to keep it
    from going. `timeout`: seconds to connect, and until an answer goes on. `made`: requests so far.
    """

    def __init__(self, profile: str = "", secret: Secret = no_secret) -> None:
        self.profile = profile
        self.before_call: Hook | None = None
        self.timeout = (5.0, 15.0)
        self.remaining: int | None = None
        self.made = 0
        self._secret = secret
        self._account: Account | None = None
        self._lock = threading.Lock()
        self._idle: list[Wire] = []
        self._answers: OrderedDict[tuple[str, str], Answer] = OrderedDict()

    @property
    def account(self) -> Account:
        """The key and the host. Raises `NotAuthenticated` if this machine has none."""
        if self._account is None:
            self._account = find_account(self.profile, self._secret)
            learn(self._account.key)
        return self._account

    # --- requests -----------------------------------------------------------------------------------------------

    def get(self, path: str, *, tried: str, target: object) -> Any:
        """The JSON at `path`."""
        return self._decoded(self._ask("GET", path, None, "", tried, str(target)), tried, str(target))

    def call(
        self, method: str, path: str, body: object = None, *, tried: str, target: object, variant: str = ""
    ) -> Any:
        """Send a request with a JSON body, if any, and give back the JSON of the answer. Raises the contract's
        errors: `tried` and `target` say in them what this was about."""
        answer = self._ask(method, path, body, "", tried, str(target), variant)
        return self._decoded(answer, tried, str(target))

    def authorize(self, app: str, code: str) -> None:
        """Give a code of the second factor for an app, as the heroku command does: for some minutes it is not asked
        for with this key. Raises `Forbidden` for a wrong one."""
        more = {"Accept": ACCEPT, "Heroku-Two-Factor-Code": code}
        tried, path = "authorize", f"/apps/{quote(app, safe='')}/pre-authorizations"
        answer = self._send("PUT", path, None, "", more, tried, app)
        if not 200 <= answer.status < 300:
            raise refused(tried, app, answer.status, answer.body, [self.account.key, code], profile=self.profile)

    def pages(self, path: str, *, tried: str, target: object, span: str = f"id ..; max={PAGE}") -> Iterator[list[Row]]:
        """Every page of a list, one request each. Raises `Unreachable` if it goes round in a circle."""
        seen: set[str] = set()
        while True:
            answer = self._ask("GET", path, None, span, tried, str(target))
            rows = self._decoded(answer, tried, str(target))
            if not isinstance(rows, list):
                raise Unreachable(tried, str(target), "the answer is no list", "Is this the Heroku API?")
            yield rows
            span = _field(answer, "Next-Range") if answer.status == 206 else ""
            if not span:
                return
            if span in seen or not rows:
                raise Unreachable(tried, str(target), "the pages of the list go round in a circle", "Try again later.")
            seen.add(span)

    def every(self, path: str, *, tried: str, target: object) -> list[Row]:
        """The whole of a list."""
        return [row for page in self.pages(path, tried=tried, target=target) for row in page]

    def latest(self, path: str, count: int, *, tried: str, target: object) -> list[Row]:
        """The newest of a list of versions, newest first."""
        answer = self._ask("GET", path, None, f"version ..; max={count}, order=desc", tried, str(target))
        rows: list[Row] = self._decoded(answer, tried, str(target))
        return sorted(rows, key=lambda row: -int(row["version"]))[:count]

    def manifest(self, url: str, accept: str, image: str) -> Row:
        """What the container registry tells of an image; it takes the same key. Raises the contract's errors."""
        from tuienv.backends.heroku.transport import LOST, fetch

        try:
            answer = fetch(url, self.account.key, accept, self.timeout)
        except LOST as error:
            raise unanswered("look for image", image, "the registry", error) from None
        if answer.status >= 400:
            raise refused("look for image", image, answer.status, answer.body, [self.account.key])
        found: Row = self._decoded(answer, "look for image", image)
        return found

    def budget(self) -> Budget | None:
        """As the last answer told it."""
        return None if self.remaining is None else Budget(self.remaining, LIMIT, REFILL, self.made)

    def close(self) -> None:
        """Let go of every connection. It can be used again afterwards."""
        with self._lock:
            wires, self._idle = self._idle, []
        for wire in wires:
            wire.close()

    # --- inside -------------------------------------------------------------------------------------------------

    def _ask(
        self, method: str, path: str, body: object, span: str, tried: str, target: str, variant: str = ""
    ) -> Answer:
        known = self._answers.get((path, span)) if method in READS else None
        more = {"Accept": f"{ACCEPT}.{variant}" if variant else ACCEPT}
        if known is not None:
            more["If-None-Match"] = _field(known, "ETag")
        answer = self._send(method, path, body, span, more, tried, target)
        if answer.status == 403 and b'"two_factor"' in answer.body and os.environ.get("HEROKU_TWO_FACTOR_CODE"):
            more["Heroku-Two-Factor-Code"] = os.environ["HEROKU_TWO_FACTOR_CODE"]
            answer = self._send(method, path, body, span, more, tried, target)
        if answer.status == 304 and known is not None:
            return known
        if not 200 <= answer.status < 300:
            secrets = [self.account.key, *_strings(body)] if "config" in path else [self.account.key]
            after = _field(answer, "Retry-After")
            raise refused(tried, target, answer.status, answer.body, secrets, after, profile=self.profile)
        self._remember(method, path, span, answer)
        return answer

    def _send(
        self, method: str, path: str, body: object, span: str, more: Mapping[str, str], tried: str, target: str
    ) -> Answer:
        """One request; a reading one that lost its connection is sent once more, on a fresh one: the API closes those
        that were idle."""
        from tuienv.backends.heroku.transport import LOST  # not before it is needed

        data = None if body is None else json.dumps(body)
        for last in (method not in READS, True):
            if self.before_call is not None:
                self.before_call(method, path)
            wire = self._take_wire()
            try:
                answer = wire.send(method, path, data, span, more, self.timeout)
            except LOST as error:
                wire.close()
                if last or "Timeout" in type(error).__name__:
                    raise unanswered(tried, target, self.account.host, error) from None
                continue
            self._give_back(wire, answer)
            return answer
        raise AssertionError("the loop ends by returning or raising")

    def _take_wire(self) -> Wire:
        """A connection that nobody uses now: each serves one thread at a time, and the next one afterwards."""
        from tuienv.backends.heroku.transport import Wire

        account = self.account
        if not account.key:
            raise NotAuthenticated("use", f"Heroku {self.profile}".strip(), "nobody is signed in", SIGN_IN)
        with self._lock:
            self.made += 1
            if self._idle:
                return self._idle.pop()
        return Wire(account.url, account.key)

    def _give_back(self, wire: Wire, answer: Answer) -> None:
        remaining = _field(answer, "RateLimit-Remaining")
        with self._lock:
            self._idle.append(wire)
            if remaining.isdecimal():
                self.remaining = int(remaining)

    def _remember(self, method: str, path: str, span: str, answer: Answer) -> None:
        with self._lock:
            if method in READS and _field(answer, "ETag"):
                self._answers[path, span] = answer
                self._answers.move_to_end((path, span))
            if len(self._answers) > KEPT_ANSWERS:
                self._answers.popitem(last=False)

    def _decoded(self, answer: Answer, tried: str, target: str) -> Any:
        try:
            return json.loads(answer.body) if answer.body else None
        except ValueError as error:
            raise Unreachable(tried, target, "the answer is not JSON", "Is this the Heroku API?") from error


def _field(answer: Answer, name: str) -> str:
    return answer.headers.get(name) or ""


def _strings(body: object) -> list[str]:
    """Every text in a body: settings may be secrets, and an error may repeat them."""
    if isinstance(body, str):
        return [body]
    if isinstance(body, Mapping):
        return [text for value in body.values() for text in _strings(value)]
    return []


def parse_time(text: str | None) -> float | None:
    """Unix seconds of a time such as ``2026-01-01T12:00:00Z``; None for none, or for what is no time."""
    from datetime import datetime

    try:
        return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
