"""ministack's ECR with a registry behind it: what was pushed there is in its repositories, and what is deleted from
them goes from there; what ECS starts is pulled from it. Without a registry it is ministack's own."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from itertools import count
from typing import Any

from ministack.core.responses import json_response  # type: ignore[import-untyped]  # it brings no types
from ministack.services import ecr, ecs  # type: ignore[import-untyped]  # nor here

from tests.aws_emulators.registry import PASSWORD, USER, Registry

Answer = Any
Handler = Callable[[Any], Answer]

_later = count(1)


def mend() -> None:
    """Put the registry behind it that the environment names."""
    host = os.environ.get("TUIENV_TEST_REGISTRY", "")
    if not host:
        return
    registry = Registry(host)
    ecr._repo_uri = lambda name: f"{host}/{name}"
    ecr._get_authorization_token = lambda data: token(host)
    for name in ("_describe_images", "_list_images", "_batch_get_image"):
        setattr(ecr, name, after_looking(registry, getattr(ecr, name)))
    ecr._describe_images = missing_alone(ecr._describe_images)
    ecr._batch_delete_image = there_as_well(registry, after_looking(registry, ecr._batch_delete_image))
    ecr._delete_repository = with_images(registry, after_looking(registry, ecr._delete_repository))
    ecr.reset = emptying(registry, ecr.reset)
    ecs._resolve_repository_credentials = signed_in(host, ecs._resolve_repository_credentials)


def token(host: str) -> Answer:
    word = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return json_response({"authorizationData": [{"authorizationToken": word, "proxyEndpoint": f"http://{host}"}]})


def after_looking(registry: Registry, handler: Handler) -> Handler:
    """What is in the registry is in the repository."""

    def handled(data: Any) -> Answer:
        name = data.get("repositoryName", "")
        if name in ecr._repositories:
            look(registry, name)
        return handler(data)

    return handled


def look(registry: Registry, name: str) -> None:
    known = {row["imageDigest"]: row for row in ecr._images.get(name, [])}
    there: dict[str, list[str]] = {}
    for tag, digest in sorted(registry.tags(name).items()):
        there.setdefault(digest, []).append(tag)
    ecr._images[name] = [
        {
            "imageDigest": digest,
            "imageId": {"imageDigest": digest, "imageTag": tags[0]},
            "imageTags": tags,
            # In the order in which they were seen: several are pushed in a second here.
            "imagePushedAt": known[digest]["imagePushedAt"] if digest in known else 1_700_000_000 + next(_later),
        }
        for digest, tags in there.items()
    ]


def missing_alone(describe: Handler) -> Handler:
    """Asked for an image that is not there, ECR says so."""

    def described(data: Any) -> Answer:
        wanted = data.get("imageIds") or ()
        if any(ecr._find_image(data.get("repositoryName", ""), one) is None for one in wanted):
            return ecr.error_response_json("ImageNotFoundException", "The image does not exist", 400)
        return describe(data)

    def checked(data: Any) -> Answer:
        answer = describe(data)  # the repository may be missing as well, and is looked into
        return described(data) if answer[0] == 200 else answer

    return checked


def there_as_well(registry: Registry, delete: Handler) -> Handler:
    def deleted(data: Any) -> Answer:
        name, ids = data.get("repositoryName", ""), data.get("imageIds", [])
        digests = {row["imageDigest"] for row in (ecr._find_image(name, one) for one in ids) if row}
        answer = delete(data)
        for digest in digests:
            registry.delete(name, digest)
        return answer

    return deleted


def with_images(registry: Registry, delete: Handler) -> Handler:
    """The images of a repository go with it."""

    def deleted(data: Any) -> Answer:
        answer, name = delete(data), data.get("repositoryName", "")
        if answer[0] == 200:
            empty(registry, name)
        return answer

    return deleted


def empty(registry: Registry, name: str) -> None:
    for digest in set(registry.tags(name).values()):
        registry.delete(name, digest)


def emptying(registry: Registry, reset: Callable[[], None]) -> Callable[[], None]:
    def done() -> None:
        reset()
        for name in registry.repositories():
            empty(registry, name)

    return done


def signed_in(host: str, credentials_of: Handler) -> Handler:
    """ECS signs in to ECR by itself, as the role that starts a task."""

    def resolved(container: Any) -> Answer:
        if str(container.get("image", "")).startswith(f"{host}/"):
            return {"username": USER, "password": PASSWORD}
        return credentials_of(container)

    return resolved
