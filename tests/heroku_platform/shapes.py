"""How one thing names another in an answer."""

from __future__ import annotations

from tests.heroku_platform.catalog import known_id
from tests.heroku_platform.records import Account, App


def app_named(app: App) -> dict[str, str]:
    return {"id": app.id, "name": app.name}


def user_named(account: Account) -> dict[str, str]:
    return {"email": account.email, "id": account.id}


def known(kind: str, name: str) -> dict[str, str]:
    """A region, a stack or a generation."""
    return {"id": known_id(kind, name), "name": name}
