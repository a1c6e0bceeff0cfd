"""The double's answers: are they what the published schema says, and do they look like what was recorded?"""

from __future__ import annotations

import pytest

from tests.heroku_platform.asking import Asker
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import Program
from tests.heroku_platform.schema import document, links_for

LOOKED_AT = (
    "/account", "/account/features", "/account/rate-limits", "/addon-attachments", "/addon-services",
    "/addon-services/heroku-redis", "/addon-services/heroku-redis/plans", "/addons", "/apps", "/apps/shop",
    "/apps/shop/addon-attachments", "/apps/shop/addons", "/apps/shop/builds", "/apps/shop/collaborators",
    "/apps/shop/config-vars", "/apps/shop/domains", "/apps/shop/dynos", "/apps/shop/dynos/web.1",
    "/apps/shop/features", "/apps/shop/formation", "/apps/shop/formation/web", "/apps/shop/releases",
    "/apps/shop/releases/3", "/apps/shop/sni-endpoints", "/dyno-sizes", "/plans/heroku-redis:mini", "/regions",
    "/regions/eu", "/spaces", "/stacks", "/teams",
)  # fmt: skip
EMPTY = {"/apps/shop/builds", "/apps/shop/config-vars", "/apps/shop/sni-endpoints", "/spaces", "/teams"}


@pytest.mark.parametrize("path", LOOKED_AT)
def test_what_is_looked_at_fits_the_schema(platform: HerokuPlatform, ask: Asker, path: str) -> None:
    platform.app("shop", platform.world.accounts[0], Program())
    ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-redis:mini"})
    assert ask.ok("GET", path) or path in EMPTY
    assert platform.recorder.mistakes() == []


@pytest.mark.parametrize("path", LOOKED_AT)
def test_answers_have_all_that_the_schema_names_and_nothing_else(
    platform: HerokuPlatform, ask: Asker, path: str
) -> None:
    """Validation alone does not say so: hardly anything is required, and most may have more."""
    platform.app("shop", platform.world.accounts[0], Program())
    ask.ok("POST", "/apps/shop/addons", {"plan": "heroku-redis:mini"})
    body = ask.ok("GET", path)
    named = properties(path)
    for row in body if isinstance(body, list) else [body]:
        assert set(row) == named or not named


def properties(path: str) -> set[str]:
    """The properties of what is answered there."""
    target = links_for("GET", path)[0].target
    resource = target.get("items", target).get("$ref", "").rpartition("/")[2]
    return set(document()["definitions"].get(resource, {}).get("properties", {}))
