"""Where the images of a layer that is built are kept: a private ECR repository of its own, ``tuienv/shop/web``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tuienv.backends.aws import naming
from tuienv.backends.aws.failures import code_of
from tuienv.backends.aws.job import Job
from tuienv.backends.aws.session import Row
from tuienv.backends.base import Conflict, NotFound, ProviderError
from tuienv.model import Kind

KEPT = 10
"""Images that are kept, the newest; beside them those that a revision which can be gone back to was made from."""

DELETABLE = 100
"""Images that one call deletes (Amazon ECR API reference, BatchDeleteImage)."""


def find_repository(job: Job) -> Row | None:
    """The layer's repository, if there is one. Raises `Conflict` where others have one of that name."""
    name = naming.repository_name(job.address)
    row: Row | None = job.find(
        "ecr",
        "describe_repositories",
        "repositories",
        tried="look for repository",
        target=name,
        repositoryNames=[name],
    )
    if row is not None and not _is_ours(job, row):
        said = "there is an ECR repository of that name which others made"
        raise Conflict("use repository", name, said, "Give the environment or the layer another name.")
    return row


def _is_ours(job: Job, row: Row) -> bool:
    told = job.call(
        "ecr",
        "list_tags_for_resource",
        tried="look at the tags of repository",
        target=row["repositoryName"],
        resourceArn=row["repositoryArn"],
    )
    return naming.is_of(naming.tags_in(told.get("tags")), job.address)


def ensure_repository(job: Job) -> Row:
    """The layer's repository. A tag in it never means another image: it says what that was built from."""
    found = find_repository(job)
    if found is not None:
        return found
    name = naming.repository_name(job.address)
    job.say(f"create repository {name}")
    try:
        made = job.call(
            "ecr",
            "create_repository",
            tried="create repository",
            target=name,
            repositoryName=name,
            imageTagMutability="IMMUTABLE",
            tags=naming.tag_list(job.tags(Kind.APP)),
        )
    except ProviderError as error:
        if code_of(error) != "RepositoryAlreadyExistsException":
            raise
        return _of_another_run(job, name)
    repository: Row = made["repository"]
    return repository


def _of_another_run(job: Job, name: str) -> Row:
    """The one that came first, once it can be seen."""

    def look() -> Row:
        found = find_repository(job)
        if found is None:
            raise NotFound("look for repository", name, "it was made just now, and is not seen yet", "Try again.")
        return found

    return job.settled(
        look, lambda error: isinstance(error, NotFound), f"repository {name} is not known everywhere yet"
    )


def has_image(job: Job, repository: Row, tag: str) -> bool:
    """Whether an image was pushed under this tag."""
    name = str(repository["repositoryName"])
    found = job.find(
        "ecr",
        "describe_images",
        "imageDetails",
        tried="look for image",
        target=f"{name}:{tag}",
        repositoryName=name,
        imageIds=[{"imageTag": tag}],
    )
    return found is not None


def remove_old_images(job: Job, look_for_used: Callable[[], Sequence[str]]) -> None:
    """Leave the newest few images, and what `look_for_used` finds: the images of the revisions that can be gone back
    to, as they name them. The newest may be another run's, which has no revision yet."""
    repository = find_repository(job)
    if repository is None:
        return
    name, uri = str(repository["repositoryName"]), str(repository["repositoryUri"])
    rows = job.items(
        "ecr", "describe_images", "imageDetails", tried="list the images in", target=name, repositoryName=name
    )
    # What has no tag is part of another one, or on its way.
    tagged = sorted((row for row in rows if row.get("imageTags")), key=lambda row: row["imagePushedAt"])
    used = look_for_used() if len(tagged) > KEPT else ()
    old = [row for row in tagged[:-KEPT] if not any(f"{uri}:{tag}" in used for tag in row["imageTags"])]
    if old:
        job.say(f"remove {len(old)} old images from {name}")
    for start in range(0, len(old), DELETABLE):
        batch = [{"imageDigest": row["imageDigest"]} for row in old[start : start + DELETABLE]]
        job.call(
            "ecr",
            "batch_delete_image",
            tried="remove old images from",
            target=name,
            repositoryName=name,
            imageIds=batch,
        )


def delete_repository(job: Job) -> None:
    """Remove the layer's repository with all images; nothing if there is none, or it is not ours."""
    try:
        repository = find_repository(job)
    except Conflict:
        return
    if repository is None:
        return
    name = str(repository["repositoryName"])
    job.say(f"remove repository {name}")
    job.drop("ecr", "delete_repository", tried="remove repository", target=name, repositoryName=name, force=True)
