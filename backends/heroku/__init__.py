"""Heroku: environments as apps, their formations and add-ons, through the Platform API."""

from __future__ import annotations

from tuienv.backends.base import Secret, no_secret
from tuienv.backends.heroku.backend import HerokuBackend


def open_backend(profile: str = "", *, secret: Secret = no_secret) -> HerokuBackend:
    """The account of a profile; of an empty one, that which the heroku command would use. `secret` gives the API key
    that tuienv keeps for it. Contacts nobody."""
    return HerokuBackend(profile, secret)
