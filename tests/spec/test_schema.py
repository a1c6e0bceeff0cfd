"""The JSON Schema that editors use agrees with what `tuienv check` says, as far as a schema can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.spec.good import GOOD
from tuienv.spec import schema
from tuienv.spec.kinds import KEYS
from tuienv.spec.shape import LayerShape

SAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "shop" / "tuienv.yaml"


@pytest.fixture(scope="module", name="validator")
def make_validator() -> Draft202012Validator:
    made = schema()
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


@pytest.mark.parametrize("text", [GOOD, SAMPLE.read_text("utf-8")], ids=["every key", "sample"])
def test_right_files_pass(validator: Draft202012Validator, text: str) -> None:
    assert [error.message for error in validator.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize(
    "layer",
    [
        {},
        {"kind": "lb"},
        {"kind": "app", "imge": "x"},
        {"kind": "app", "image": "a b"},
        {"kind": "app", "image": "x", "port": 70000},
        {"kind": "app", "image": "x", "replicas": "3"},
        {"kind": "app", "image": "x", "size": {"memory": "512m"}},
        {"kind": "app", "image": "x", "health": "/healthz"},
        {"kind": "app", "image": "x", "environment": {"A": ["x"]}},
        {"kind": "load-balancer", "routes": {"web": "x"}},
        {"kind": "load-balancer", "ports": ["8080:80"]},
        {"kind": "database", "version": 16.1},
        {"kind": "database", "storage": 10},
    ],
)
def test_wrong_layers_do_not(validator: Draft202012Validator, layer: dict[str, Any]) -> None:
    assert not validator.is_valid({"environment": "shop", "layers": {"web": layer}})


@pytest.mark.parametrize(
    "document", [{}, [], {"environment": "A_b", "layers": {"c": {"kind": "cache"}}}, {"environment": "a", "layers": {}}]
)
def test_wrong_documents_do_not(validator: Draft202012Validator, document: object) -> None:
    assert not validator.is_valid(document)


def test_a_bad_layer_name_does_not(validator: Draft202012Validator) -> None:
    assert not validator.is_valid({"environment": "a", "layers": {"A_b": {"kind": "cache"}}})


def test_every_key_is_described_and_known_to_a_kind() -> None:
    properties = schema()["$defs"]["LayerShape"]["properties"]
    assert set(properties) == set(KEYS) == set(LayerShape.model_fields)
    assert all("For: " in part["description"] for part in properties.values())
