"""Who a profile of the sandbox is: somebody with all the time of the world, a visitor whose session runs out, or
whoever the secret says that is kept for the profile."""

from __future__ import annotations

import re
import time

from tuienv.backends.base import NotAuthenticated, Secret
from tuienv.model import Identity, Profile

VISITOR = "visitor"
STAY = 52 * 60.0
"""Seconds that the visitor's session lasts, from when the process began."""

SECRET = re.compile(r"sandbox:(?P<account>[a-z0-9-]{1,40})(?::(?P<seconds>[0-9]{1,9}))?")
"""``sandbox:ACCOUNT``; ``sandbox:ACCOUNT:SECONDS`` where the session ends so long after the process began."""

_STARTED = time.time()


def find_profiles() -> list[Profile]:
    """Both that are there from the beginning; nobody uses the sandbox who does not say so."""
    renew = ("tuienv", "credentials", "test", "sandbox", VISITOR)
    return [Profile("sandbox", "", "memory"), Profile("sandbox", VISITOR, "memory", renew)]


def identify(profile: str, secret: Secret) -> Identity:
    """Raises `NotAuthenticated` for a secret that is none of the sandbox's, and once the session has run out."""
    if profile == VISITOR:
        return _within_time(Identity("sandbox", profile, "sandbox-visitor", "a visitor", _STARTED + STAY))
    kept = secret()
    if kept is None:
        return Identity("sandbox", profile, "sandbox-1", profile or "sandbox")
    match = SECRET.fullmatch(kept.strip())
    if match is None:
        raise NotAuthenticated("sign in to", f"sandbox {profile}", "the secret is not valid", "Write sandbox:ACCOUNT")
    seconds = match["seconds"]
    expires_at = _STARTED + float(seconds) if seconds else None
    return _within_time(Identity("sandbox", profile, match["account"], match["account"], expires_at))


def _within_time(identity: Identity) -> Identity:
    if identity.expires_at is not None and identity.expires_at <= time.time():
        raise NotAuthenticated("sign in to", f"sandbox {identity.profile}", "the session has ended", "Start again")
    return identity
