"""Images: found on the engine, pulled, or built from a folder."""

from __future__ import annotations

from tuienv.backends.base import Invalid, NotFound, ProviderError, Unreachable
from tuienv.backends.docker.job import Job
from tuienv.backends.docker_engine.building import build_image, source_of
from tuienv.backends.docker_engine.following import SILENCE, follow
from tuienv.backends.docker_engine.images import check_image, find_image
from tuienv.model import LayerSpec
from tuienv.text import plain


def official(image: str, version: str) -> str:
    return f"{image}:{version}"


def ensure_image(job: Job, spec: LayerSpec, default: str = "") -> str:
    """See to it that the engine has the image of a layer, and return its name.

    Raises `Invalid` if it names none or its build fails, `NotFound` with what to do if it cannot be had.
    """
    if spec.build:
        return _built(job, spec)
    image = with_tag(spec.image or default)
    if not image:
        raise Invalid("create", job.address, "it names no image", "Give it `image:` or `build:`.")
    if find_image(job.client, image) is None:
        pull(job, image)
    return image


def _built(job: Job, spec: LayerSpec) -> str:
    """The image of a layer that is built, ``shop-web:3f2a…``: a folder in which nothing changed builds nothing."""
    source = source_of(job.inputs.directory, spec, spec.options.get("docker", {}), job.address)
    name = f"{job.address.environment}-{spec.name}:{source.tag()}"
    build_image(job.client, name, source, job.steps)
    return name


def with_tag(image: str) -> str:
    """The name with its tag: without one, the engine would pull every tag there is."""
    last = image.rpartition("/")[2]
    return image if not image or ":" in last or "@" in last else f"{image}:latest"


def pull(job: Job, image: str) -> None:
    """Pull an image. Raises `NotFound` if no registry gives it, with the registry's own words."""
    job.say(f"pull {image}")
    try:
        stream = job.client.stream(
            "/images/create",
            {"fromImage": image},
            tried="pull",
            target=image,
            method="POST",
            headers=_registry_auth(image),
            timeout=SILENCE,
        )
        follow(stream, f"pull {image}", image, job.steps)
        check_image(job.client, "pull", image)
    except Unreachable:
        raise
    except ProviderError as error:
        raise _not_had(image, error.said) from error


def _not_had(image: str, said: str) -> NotFound:
    remedy = f"Check the name; `docker pull {image}` tells more, `docker login` signs in to a private registry."
    return NotFound("pull", image, said, remedy)


def _registry_auth(image: str) -> dict[str, str]:
    """What `docker login` left for the image's registry, as the engine wants it; nothing if there is none."""
    from docker import auth
    from docker.errors import DockerException

    try:
        registry, _ = auth.resolve_repository_name(image)
        known = auth.resolve_authconfig(auth.load_config(), registry)
    except DockerException as error:
        raise Invalid("pull", image, plain(str(error)), "Mend it with `docker login`.") from error
    return {"X-Registry-Auth": auth.encode_header(known).decode()} if known else {}
