"""check and schema: the file alone, nothing contacted."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Tuienv
from tuienv.backends.sandbox import Cloud

WRONG = """\
environment: shop
backend: sandbox
layers:
  web:
    kind: app
    image: shop:1.0
    replcas: 3
    environment:
      DATABASE_URL: ${layers.bd.url}
  db: {kind: datbase}
"""


def test_check_of_a_file_that_is_right(tuienv: Tuienv, shop: Path) -> None:
    result = tuienv("check", "tuienv.yaml")
    assert (result.code, result.out, result.err) == (0, "tuienv.yaml: ok: shop (4 layers)\n", "")


def test_check_lists_every_mistake_with_its_place(tuienv: Tuienv, folder: Path, sandbox: Cloud) -> None:
    (folder / "wrong.yaml").write_text(WRONG)
    result = tuienv("check", "wrong.yaml")
    assert result.code == 1
    lines = result.out.splitlines()
    assert [line.split(":")[:2] for line in lines] == [["wrong.yaml", "7"], ["wrong.yaml", "9"], ["wrong.yaml", "10"]]
    assert "replicas" in lines[0], "the nearest known key is suggested"
    assert not sandbox.calls, "nothing is contacted"


def test_check_of_several_files(tuienv: Tuienv, shop: Path) -> None:
    (shop.parent / "wrong.yaml").write_text(WRONG)
    result = tuienv("check", "wrong.yaml", "tuienv.yaml")
    assert result.code == 1
    assert result.out.splitlines()[-1] == "tuienv.yaml: ok: shop (4 layers)"


def test_check_as_json(tuienv: Tuienv, shop: Path) -> None:
    (shop.parent / "wrong.yaml").write_text(WRONG)
    right, wrong = tuienv("check", "tuienv.yaml", "wrong.yaml", "--output", "json").json
    assert right == {"file": "tuienv.yaml", "environments": ["shop"], "mistakes": []}
    assert wrong["environments"] == []
    assert [mistake["line"] for mistake in wrong["mistakes"]] == [7, 9, 10]
    assert set(wrong["mistakes"][0]) == {"line", "column", "message"}


def test_check_of_a_secret_that_does_not_exist(tuienv: Tuienv, shop: Path) -> None:
    shop.write_text(shop.read_text().replace("LOG_LEVEL: info", "SESSION_KEY: ${secret:session-key}"))
    result = tuienv("check", "tuienv.yaml")
    assert result.code == 1
    assert re.match(r"tuienv\.yaml:15:\d+: .*session-key", result.out)


def test_check_of_a_secret_that_exists(tuienv: Tuienv, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.write_text(shop.read_text().replace("LOG_LEVEL: info", "SESSION_KEY: ${secret:session-key}"))
    monkeypatch.setenv("TUIENV_SECRET_SESSION_KEY", "x")
    assert tuienv("check", "tuienv.yaml").code == 0


def test_check_of_no_file(tuienv: Tuienv) -> None:
    assert tuienv("check", "nosuch.yaml").code == 64
    assert tuienv("check").code == 64


def test_schema_is_json_schema(tuienv: Tuienv) -> None:
    schema = json.loads(tuienv("schema").out)
    assert "$schema" in schema
    assert "layers" in json.dumps(schema)
