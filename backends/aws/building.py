"""The image of a layer that names a folder: built by the Docker Engine of this machine, kept in ECR.

Its tag says what it was built from, as with the Docker backend, so that what is in the repository already is neither
built nor pushed again, whoever did it. The engine is the one that the docker command would use; it is asked only where
there is something to build.
"""

from __future__ import annotations

import base64
from dataclasses import replace

from tuienv.backends.aws import naming
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.options import platform_option
from tuienv.backends.aws.repositories import ensure_repository, find_repository, has_image
from tuienv.backends.aws.session import Row
from tuienv.backends.base import Conflict, Forbidden, Invalid, NotAuthenticated, ProviderError, Unreachable
from tuienv.backends.docker_engine.building import Source, build_image, source_of
from tuienv.backends.docker_engine.images import push_image
from tuienv.model import LayerSpec
from tuienv.redaction import learn

USUAL = "linux/amd64"
"""What Fargate runs on where nothing else is said."""

PUSHING = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
)
"""What a push needs to be allowed (Amazon ECR user guide, "IAM permissions for pushing an image")."""

_REMEDY = (
    "AWS builds no images. Start Docker here, or name another engine with DOCKER_HOST or `docker context use`; "
    "or push the image yourself and name it with `image:`."
)
_DENIED = ("denied", "not authorized", "unauthorized", "no basic auth", "forbidden")
_AWAY = ("dial tcp", "no such host", "timeout", "connection re", "eof", "proxyconnect", "tls handshake")


def source(job: Job, spec: LayerSpec) -> Source | None:
    """What the image is built from; None for a layer that names its image. Contacts nobody; raises `Invalid`."""
    if spec.build:
        found = source_of(job.inputs.directory, spec, spec.options.get("aws", {}), job.address)
        return replace(found, platform=platform_option(spec))
    if not spec.image:
        raise Invalid("create", job.address, "it names no image", "Give it `image:` or `build:`.")
    return None


def tag_of(source: Source) -> str:
    """As with the Docker backend; what is for another platform is another image."""
    return source.tag() if source.platform == USUAL else source.tag(source.platform)


def ensure_image(job: Job, source: Source) -> str:
    """See to it that the image is in the layer's repository, and return its name there.

    Raises `Unreachable` where no engine answers, `Invalid` if the build fails, `Forbidden` if the push is not allowed.
    """
    tag = tag_of(source)
    repository = find_repository(job)
    if repository is None or not has_image(job, repository, tag):
        _check_engine(job)
        repository = ensure_repository(job)
        image = _name(repository, tag)
        build_image(job.engine, image, source, job.steps)
        _push(job, repository, image)
    return _name(repository, tag)


def _name(repository: Row, tag: str) -> str:
    return f"{repository['repositoryUri']}:{tag}"


def _check_engine(job: Job) -> None:
    try:
        job.engine.ping()
    except Unreachable as error:
        said = f"no Docker Engine answers here: {error.said}"
        raise Unreachable("build the image of", job.address, said, _REMEDY) from error


def _push(job: Job, repository: Row, image: str) -> None:
    tag = image.rpartition(":")[2]
    try:
        push_image(job.engine, image, _login(job, repository), job.steps)
    except Invalid as error:
        if not has_image(job, repository, tag):  # somebody else was faster, and tags are not written twice
            raise _refused(job, image, error.said) from error
    if not has_image(job, repository, tag):
        raise Unreachable("push", image, "the connection broke before it was done", "Try again.")


def _login(job: Job, repository: Row) -> dict[str, str]:
    """Who the engine is to the registry, for twelve hours (Amazon ECR API reference, GetAuthorizationToken)."""
    told = job.call("ecr", "get_authorization_token", tried="sign in to the registry of")
    token = str(told["authorizationData"][0]["authorizationToken"])
    user, _, password = base64.b64decode(token).decode().partition(":")
    learn(token, password)
    registry = str(repository["repositoryUri"]).partition("/")[0]
    return {"username": user, "password": password, "serveraddress": registry}


def _refused(job: Job, image: str, said: str) -> ProviderError:
    """What the registry said to a push, in the words of the contract."""
    lower, name = said.lower(), naming.repository_name(job.address)
    if "expired" in lower:
        return NotAuthenticated("push", image, said, "Apply again: it signs in anew.")
    if any(word in lower for word in _DENIED):
        return Forbidden("push", image, said, f"It takes {', '.join(PUSHING)} on the repository {name}.")
    if "name unknown" in lower or "does not exist" in lower:
        return Conflict("push", image, said, "The repository was removed meanwhile: apply again.")
    if any(word in lower for word in _AWAY):
        return Unreachable("push", image, said, "The Docker Engine has to reach the registry: mend that, apply again.")
    return Invalid("push", image, said, "Mend what the registry names, then apply again.")
