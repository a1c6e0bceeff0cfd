"""Which function answers which request, and what it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.heroku_platform import errors
from tests.heroku_platform.records import Account, App
from tests.heroku_platform.world import World

Row = dict[str, Any]


@dataclass
class Answer:
    """What is answered. A list with `ranges` is cut into pages, in the order of the first of them."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ranges: tuple[str, ...] = ()


@dataclass
class Call:
    """One request: who asks, for what (`names`: the variable parts of the path), with which body."""

    world: World
    account: Account
    names: dict[str, str]
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def app(self) -> App:
        """The app that the path names. Raises 404 where this account sees none of that name."""
        return self.visible_app(self.names["app"])

    def visible_app(self, name: str) -> App:
        app = self.world.app_named(name)
        if app is None or self.account not in self.world.accounts_seeing(app):
            raise errors.not_found("app")
        self._ask_second_factor(app)
        return app

    def visible_apps(self) -> list[App]:
        """All apps that this account may see."""
        return [app for app in self.world.apps.values() if self.account in self.world.accounts_seeing(app)]

    def _ask_second_factor(self, app: App) -> None:
        code, until = self.account.second_factor, self.account.preauthorized.get(app.id)
        if code is None or (until is not None and until > self.world.now()):
            return
        if self.headers.get("Heroku-Two-Factor-Code") != code:
            raise errors.two_factor(app.name)


Handler = Callable[[Call], Answer]
_ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Let a function answer `method path`, where ``{name}`` in the path stands for one part of it."""
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(handler: Handler) -> Handler:
        _ROUTES.append((method, pattern, handler))
        return handler

    return register


def find(method: str, path: str) -> tuple[Handler, dict[str, str]]:
    """Who answers, and the variable parts of the path. Raises 404."""
    for known, pattern, handler in _ROUTES:
        match = pattern.fullmatch(path) if known == method else None
        if match:
            return handler, match.groupdict()
    raise errors.no_such_route()


def pages(rows: Sequence[Row], *ranges: str, status: int = 200) -> Answer:
    """A list that clients page through, ordered by the first of these unless they ask for another."""
    return Answer(list(rows), status, ranges=ranges or ("id",))
