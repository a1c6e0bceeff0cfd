"""What a layer answers to, for layers elsewhere, and the variables that it was given."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from tuienv.backends.base import Conflict
from tuienv.backends.heroku.client import Client
from tuienv.backends.heroku.looking import Looker
from tuienv.backends.heroku.naming import MARK
from tuienv.backends.heroku.reading import web_url
from tuienv.backends.heroku.targets import Target, find_target
from tuienv.model import Address, Kind

_PORTS = {"redis": 6379, "rediss": 6379, "postgres": 5432, "postgresql": 5432, "https": 443, "http": 80}


def connection_of(client: Client, looker: Looker, address: Address) -> dict[str, str]:
    """``url``, ``host``, ``port`` and, for a database, ``user``, ``password``, ``name``. Raises `NotFound`, or
    `Conflict` while an add-on has not come yet."""
    target = find_target(looker, address, "connect to")
    url = _addon_url(client, target) if target.addon is not None else web_url(target.app.row)
    if not url:
        raise Conflict("connect to", address, "it tells no address yet", "Wait until it is provisioned.")
    return connection(url, target.kind)


def connection(url: str, kind: Kind) -> dict[str, str]:
    """The parts of a URL as a layer beside it is given them."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 443)
    found = {"url": url, "host": parts.hostname or "", "port": str(port)}
    if kind is Kind.DATABASE:
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        found |= {"user": user, "password": password, "name": unquote(parts.path.lstrip("/"))}
    return found


def config_of(client: Client, looker: Looker, address: Address) -> dict[str, str]:
    """The variables of a layer's app, those of its add-ons included, without marks of ours. Raises `NotFound`."""
    target = find_target(looker, address, "read the settings of")
    config = _config(client, target)
    if target.addon is not None:
        names = target.addon.get("config_vars") or ()
        return {key: config[key] for key in names if key in config}
    return {key: value for key, value in sorted(config.items()) if not key.startswith(MARK)}


def _addon_url(client: Client, target: Target) -> str:
    """The first of the variables that an add-on gives to the app that pays for it."""
    config = _config(client, target)
    names = (target.addon or {}).get("config_vars") or ()
    return next((config[key] for key in names if config.get(key) and key.endswith("URL")), "")


def _config(client: Client, target: Target) -> Mapping[str, str]:
    path = f"/apps/{target.app.id}/config-vars"
    return client.get(path, tried="read the settings of", target=target.address) or {}
