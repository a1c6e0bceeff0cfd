"""Images in Heroku's container registry: from a name with a tag to the ID that a release takes."""

from __future__ import annotations

import re

from tuienv.backends.base import NotFound
from tuienv.backends.heroku.client import Client

_ID = re.compile(r"(sha256:)?[0-9a-f]{64}")
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def image_id(client: Client, image: str, app: str, process: str) -> str:
    """What `docker_image` takes for an image. A name in the registry is looked up there, as the heroku command does;
    anything else goes as it is. Raises `NotFound` where the registry has none of that name."""
    host = f"registry.{client.account.host.removeprefix('api.')}"
    if _ID.fullmatch(image) or not image.startswith(f"{host}/"):
        return image
    name, tag = split_tag(image.removeprefix(f"{host}/"))
    manifest = client.manifest(f"https://{host}/v2/{name}/manifests/{tag}", _MANIFEST, image)
    digest = (manifest.get("config") or {}).get("digest")
    if not isinstance(digest, str):
        raise no_image(image, app, process, "the registry names no image ID")
    return digest


def split_tag(name: str) -> tuple[str, str]:
    """``shop/web:2`` is shop/web and 2; without a tag it is the latest."""
    path, _, last = name.rpartition("/")
    repository, _, tag = last.partition(":")
    return (f"{path}/{repository}" if path else repository), tag or "latest"


def no_image(image: str, app: str, process: str, said: str) -> NotFound:
    """The error for an image that Heroku does not have, with the way to bring it there."""
    there = f"registry.heroku.com/{app}/{process}"
    remedy = f"Push it first: `docker tag {image} {there}`, `heroku container:login`, `docker push {there}`."
    return NotFound("release image", image, said, remedy)
