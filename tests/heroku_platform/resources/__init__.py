"""The families of resources, each with its rules and its answers. Importing this registers all their routes."""

from tests.heroku_platform.resources import (
    account,
    addons,
    apps,
    attachments,
    collaborators,
    config_vars,
    domains,
    dynos,
    features,
    formation,
    logs,
    offers,
    releases,
)

__all__ = [
    "account",
    "addons",
    "apps",
    "attachments",
    "collaborators",
    "config_vars",
    "domains",
    "dynos",
    "features",
    "formation",
    "logs",
    "offers",
    "releases",
]
