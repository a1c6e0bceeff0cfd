"""Images on an engine: looked for, and pushed to a registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuienv.backends.base import NotFound, Steps, Unreachable
from tuienv.backends.docker_engine.client import Client
from tuienv.backends.docker_engine.following import SILENCE, follow


def look_at_image(client: Client, image: str) -> dict[str, Any]:
    """What the engine knows of an image. Raises `NotFound`."""
    found: dict[str, Any] = client.get(f"/images/{image}/json", tried="look for image", target=image)
    return found


def find_image(client: Client, image: str) -> dict[str, Any] | None:
    """What the engine knows of an image; None if it has none of that name."""
    try:
        return look_at_image(client, image)
    except NotFound:
        return None


def short(image: str) -> str:
    """``web:3f2a…``: the name without its registry and folders, for what is told line by line."""
    return image.rpartition("/")[2]


def check_image(client: Client, tried: str, image: str) -> dict[str, Any]:
    """What the engine knows of an image that was just made. Raises `Unreachable` if it has none: what should have made
    it was cut off."""
    found = find_image(client, image)
    if found is None:
        raise Unreachable(tried, image, "the connection broke before it was done", "Try again.")
    return found


def push_image(client: Client, image: str, login: Mapping[str, str], steps: Steps) -> None:
    """Push ``registry/name:tag``. `login` (``username``, ``password``, ``serveraddress``) goes into one header of one
    request, and nowhere else. Raises `Invalid` with the registry's own words if it does not take it."""
    from docker import auth

    name, _, tag = image.rpartition(":")
    steps.say(f"push {image}")
    stream = client.stream(
        f"/images/{name}/push",
        {"tag": tag},
        tried="push",
        target=image,
        method="POST",
        headers={"X-Registry-Auth": auth.encode_header(dict(login)).decode()},
        timeout=SILENCE,
    )
    follow(stream, f"push {short(image)}", image, steps)
