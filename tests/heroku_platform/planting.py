"""What is put there from outside, as if somebody had made it: accounts, teams, images, apps, pipelines."""

from __future__ import annotations

from dataclasses import replace

from tests.heroku_platform.records import Account, App, Coupling, Pipeline, Program, Slug, Team
from tests.heroku_platform.resources import apps, formation
from tests.heroku_platform.world import World


def account(world: World, email: str, key: str) -> Account:
    """A new account with this API key."""
    with world.held():
        made = Account(world.new_id(), email, world.now(), {key})
        world.accounts.append(made)
        return made


def team(world: World, name: str, members: dict[Account, str]) -> Team:
    """A team of these, each with a role: admin, member or viewer."""
    with world.held():
        made = world.teams[name] = Team(world.new_id(), name, world.now(), members)
        return made


def image(world: World, image_id: str, program: Program) -> None:
    """An image that a container release may name by this id."""
    with world.held():
        world.images[image_id] = program


def app(world: World, name: str, owner: Account, program: Program | None = None, team: Team | None = None) -> App:
    """A new app, with this code released where any is given."""
    with world.held():
        made = apps.make(world, name, owner, team)
        if program is not None:
            slug = Slug(world.new_id(), world.now(), replace(program, stack=made.stack))
            formation.deploy(world, made, owner, slug, "Deploy 4daf828a")
        return made


def pipeline(world: World, name: str, owner: Account, stages: dict[App, str]) -> Pipeline:
    """A pipeline with these apps in its stages."""
    with world.held():
        now = world.now()
        made = Pipeline(world.new_id(), name, owner, None, now, now)
        world.pipelines[made.id] = made
        for coupled, stage in stages.items():
            coupling = Coupling(world.new_id(), coupled, made, stage, now, now)
            world.couplings[coupling.id] = coupling
        return made


def skip(world: World, seconds: float) -> None:
    """Let so many seconds go by there at once, with what comes due in them."""
    with world.held():
        world.clock.skip(seconds)
    with world.held():
        return
