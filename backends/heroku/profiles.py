"""The Heroku accounts of this machine as profiles. Imports no SDK and contacts nobody."""

from __future__ import annotations

from tuienv.backends.base import ProviderError
from tuienv.backends.heroku.accounts import KEY, find_accounts
from tuienv.model import Profile
from tuienv.text import plain


def find_profiles() -> list[Profile]:
    """Every account, the one that the heroku command would use first; see `tuienv.backends.base.Finder`."""
    try:
        accounts = find_accounts()
    except ProviderError:
        return []  # HEROKU_HOST is none that a key may be sent to
    return [
        Profile("heroku", plain(account.name), account.source, _renew(account.source), default=position == 0)
        for position, account in enumerate(accounts)
    ]


def _renew(source: str) -> tuple[str, ...]:
    """A variable is renewed by whoever set it."""
    return () if source == KEY else ("heroku", "login")
