"""Heroku: environments as apps, their formations and add-ons, through the Platform API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuienv.backends.base import Secret, no_secret

if TYPE_CHECKING:
    from tuienv.backends.heroku.backend import HerokuBackend


def open_backend(profile: str = "", *, secret: Secret = no_secret) -> HerokuBackend:
    """The account of a profile; of an empty one, that which the heroku command would use. `secret` gives the API key
    that tuienv keeps for it. Contacts nobody."""
    from tuienv.backends.heroku.backend import HerokuBackend  # its profiles are looked for at every start, it is not

    return HerokuBackend(profile, secret)
