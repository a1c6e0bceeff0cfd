"""Who asks, and how often they may."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from tests.heroku_platform import errors
from tests.heroku_platform.records import Account
from tests.heroku_platform.world import World

POOL, REFILL_A_MINUTE = 4500, 75


def sign_in(world: World, headers: Mapping[str, str]) -> Account:
    """The account whose key or password the `Authorization` header has. Raises 401."""
    kind, _, credentials = headers.get("Authorization", "").partition(" ")
    if not credentials:
        raise errors.no_credentials()
    if kind.lower() == "bearer":
        return _by_key(world, credentials.strip())
    if kind.lower() != "basic":
        raise errors.no_credentials()
    try:
        user, _, secret = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise errors.unauthorized() from error
    for account in world.accounts:
        if user == account.email and account.password and secret == account.password:
            return account
    return _by_key(world, secret)


def _by_key(world: World, key: str) -> Account:
    for account in world.accounts:
        if key in account.keys:
            return account
    raise errors.unauthorized()


def spend(world: World, account: Account) -> int:
    """Take one request off the account's pool and say how many are left. Raises 429 when there was none."""
    now = world.now()
    if account.tokens_at is not None:
        minutes = (now - account.tokens_at).total_seconds() / 60
        account.tokens = min(POOL, account.tokens + minutes * REFILL_A_MINUTE)
    account.tokens_at = now
    if account.tokens < 1:
        raise errors.rate_limit()
    account.tokens -= 1
    return int(account.tokens)
