"""The double on its own, in a process of its own, steered over HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

ROOT = Path(__file__).parents[2]
KEY = {"Accept": "application/vnd.heroku+json; version=3", "Authorization": "Bearer by-hand"}


@pytest.fixture
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.heroku_platform", "--port", "0", "--speed", "50", "--key", "by-hand"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_it_serves_and_is_steered(url: str, http: urllib3.PoolManager) -> None:
    def steer(method: str, path: str, body: Any = None) -> Any:
        answer = http.request(method, f"{url}/_double/{path}", json=body)
        assert answer.status == 200, answer.data
        return answer.json()

    assert http.request("GET", f"{url}/apps", headers=KEY).json() == []
    steer("POST", "accounts", {"email": "other@example.com", "key": "another"})
    steer("POST", "images", {"id": "sha256:good"})
    steer("POST", "apps", {"name": "shop", "email": "user@example.com", "processes": {"web": "run"}})
    steer("POST", "skip", {"seconds": 10})
    dynos = http.request("GET", f"{url}/apps/shop/dynos", headers=KEY).json()
    assert [(dyno["name"], dyno["state"]) for dyno in dynos] == [("web.1", "up")]
    assert steer("POST", "requests", {"app": "shop", "count": 2}) == {"status": 200}
    steer("POST", "faults", {"kind": "rate-limit", "times": None})
    assert [fault["kind"] for fault in steer("GET", "faults")] == ["rate-limit"]
    assert http.request("GET", f"{url}/apps", headers=KEY).status == 429
    steer("DELETE", "faults")
    assert http.request("GET", f"{url}/apps", headers=KEY).status == 200
    told = steer("GET", "requests")
    assert (len(told["requests"]), told["mistakes"]) == (4, [])
    assert http.request("POST", f"{url}/_double/faults", json={"kind": "unheard-of"}).status == 400
    assert http.request("GET", f"{url}/_double/nothing").status == 404
