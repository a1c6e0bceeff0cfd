"""What the instances of a layer are made from, by kind: the engine's own words for what the file says."""

from __future__ import annotations

from tuienv.backends.base import Invalid
from tuienv.backends.docker.job import Job
from tuienv.backends.docker.options import check_options
from tuienv.backends.docker.recipes.app import app_recipe
from tuienv.backends.docker.recipes.balancer import balancer_recipe
from tuienv.backends.docker.recipes.data import cache_recipe, database_recipe
from tuienv.backends.docker.recipes.recipe import Recipe
from tuienv.model import Kind, LayerSpec

__all__ = ["Recipe", "recipe_for"]


def recipe_for(job: Job, spec: LayerSpec) -> Recipe:
    """The recipe of a layer. Sees to what it needs: image, volume. Raises `Invalid` for what Docker cannot do."""
    check_options(spec)
    match spec.kind:
        case Kind.APP:
            return app_recipe(job, spec)
        case Kind.LOAD_BALANCER:
            return balancer_recipe(job, spec)
        case Kind.CACHE:
            return cache_recipe(job, spec)
        case Kind.DATABASE:
            return database_recipe(job, spec)
    raise Invalid("create", job.address, f"Docker has no {spec.kind}")
