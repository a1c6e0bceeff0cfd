"""The sample with `backend: heroku`, from its plan to its teardown, by the program itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.heroku_platform import HerokuPlatform

SAMPLE = Path(__file__).resolve().parents[2] / "docs/examples/shop"
KEY = "key-of-the-sample"
SPEED = 500


@pytest.fixture
def platform() -> Iterator[HerokuPlatform]:
    with HerokuPlatform(speed=SPEED) as platform:
        platform.account("somebody@example.com", KEY)
        yield platform


class Program:
    """The command line, beside the sample's file."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._variables = {**os.environ, "HEROKU_HOST": url, "HEROKU_API_KEY": KEY, "NO_COLOR": "1"}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tuienv", *words]
        return subprocess.run(
            command, cwd=self._folder, env=self._variables, capture_output=True, text=True, timeout=240, check=False
        )

    def ok(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def program(platform: HerokuPlatform, tmp_path: Path) -> Program:
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLE, folder)
    file = folder / "tuienv.yaml"
    file.write_text(file.read_text().replace("backend: docker", "backend: heroku"))
    return Program(folder, platform.url)


def layers(program: Program) -> dict[str, Any]:
    found = json.loads(program.ok("status", "shop", "--output", "json"))
    return {layer["name"]: layer for layer in found["layers"]}


def test_the_sample_runs_on_heroku_from_plan_to_destroy(platform: HerokuPlatform, program: Program) -> None:
    planned = program.run("plan", "shop")
    assert planned.returncode == 2, planned.stdout + planned.stderr
    assert not platform.world.apps, "a plan made something"
    told = program.run("apply", "shop", "--yes")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "-----> " in told.stderr, "the output of the build is not told"
    made = layers(program)
    assert {name: (one["status"], one["ready"]) for name, one in made.items()} == {
        "edge": ("running", 0),
        "web": ("running", 3),
        "cache": ("running", 1),
        "db": ("running", 1),
    }
    assert made["web"]["endpoints"][0].startswith("https://")
    assert program.run("plan", "shop").returncode == 0, "something is left to do"
    program.ok("scale", "shop/web=5", "--yes")
    assert layers(program)["web"]["ready"] == 5
    program.ok("config", "shop/web", "GREETING=hello", "--yes")
    shown = program.ok("config", "shop/web")
    assert "hello" in shown
    assert KEY not in told.stdout + told.stderr + shown
    kept = program.run("destroy", "shop", "--yes")
    assert {addon.plan.service.name for addon in platform.world.addons.values()} == {
        "heroku-redis",
        "heroku-postgresql",
    }, kept
    gone = program.run("destroy", "shop", "--yes", "--delete-data")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert not platform.world.apps
    assert platform.recorder.mistakes() == []
