"""Names that follow from the address, and what is kept in tags."""

from __future__ import annotations

import re
from string import ascii_lowercase, digits

from hypothesis import given
from hypothesis import strategies as st

from tuienv.backends.aws import naming
from tuienv.model import Address, Kind

WORDS = st.text(ascii_lowercase + digits + "-", min_size=1, max_size=40).filter(
    lambda text: not text.startswith("-") and not text.endswith("-")
)
ADDRESSES = st.builds(Address, WORDS, WORDS)
LIMITS = st.sampled_from([naming.SHORTEST, naming.CACHE_LENGTH, naming.DATABASE_LENGTH, naming.ROLE_LENGTH, 255])


@given(ADDRESSES, LIMITS)
def test_a_name_keeps_every_service_s_rules(address: Address, limit: int) -> None:
    name = naming.name_of(address, limit)
    assert re.fullmatch(r"[a-z](?:-?[a-z0-9])*", name)
    assert len(name) <= limit


@given(ADDRESSES, ADDRESSES, LIMITS)
def test_two_addresses_never_share_a_name(one: Address, other: Address, limit: int) -> None:
    assert (naming.name_of(one, limit) == naming.name_of(other, limit)) == (one == other)


def test_a_hyphen_does_not_move_the_border_between_environment_and_layer() -> None:
    assert naming.name_of(Address("shop", "web")) == "shop-web"
    assert naming.name_of(Address("shop-staging", "web")) == "shop-staging-web"
    assert naming.name_of(Address("shop", "staging-web")) != naming.name_of(Address("shop-staging", "web"))


@given(ADDRESSES)
def test_a_repository_keeps_ecr_s_rules(address: Address) -> None:
    name = naming.repository_name(address)
    assert re.fullmatch(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*", name)
    assert len(name) <= 256


@given(ADDRESSES, ADDRESSES)
def test_two_addresses_never_share_a_repository(one: Address, other: Address) -> None:
    assert (naming.repository_name(one) == naming.repository_name(other)) == (one == other)


@given(st.dictionaries(st.text(max_size=40), st.text(max_size=300), max_size=12))
def test_facets_come_back_as_they_went(facets: dict[str, str]) -> None:
    tags = naming.facet_tags(facets)
    assert all(re.fullmatch(r"[\w+=.:/@-]{0,256}", value) for value in tags.values())
    assert naming.facets_of({**tags, "other": "tag"}) == facets


@given(st.dictionaries(st.sampled_from(["tuienv:facets.0", "tuienv:facets.1"]), st.text(max_size=300)))
def test_facets_that_are_not_ours_are_none(tags: dict[str, str]) -> None:
    assert naming.facets_of(tags) == {}


def test_tags_say_whose_it_is() -> None:
    tags = naming.tags_of(Address("shop", "web"), Kind.APP, ("db", "cache"))
    assert naming.tags_in(naming.tag_list(tags)) == tags
    assert naming.tags_in(naming.tag_list(tags, "key", "value")) == tags
    assert naming.needs_of(tags) == ("db", "cache")
    assert naming.is_ours(tags)
    assert not naming.is_ours({"Name": "shop"})
