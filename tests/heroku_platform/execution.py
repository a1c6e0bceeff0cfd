"""Commands of one-off dynos and release phases are really run, here, by `sh`."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping

from tests.heroku_platform.world import World


def environment_of(variables: Mapping[str, str]) -> dict[str, str]:
    """What a command in a dyno finds in its environment."""
    return {"PATH": os.environ.get("PATH", ""), "PORT": "5000", **variables}


def run(
    world: World,
    command: str,
    variables: Mapping[str, str],
    say: Callable[[str], None],
    end: Callable[[int], None],
    unwanted: Callable[[], bool] = lambda: False,
) -> None:
    """Run a command with these variables and nothing else of this machine's but the PATH, while the world goes on.

    `say` is called with each line of its output, `end` with its exit status, both while the world is held. It is killed
    once it is `unwanted`, or the world is closed.
    """
    environment = environment_of(variables)

    def work() -> None:
        with subprocess.Popen(
            ["sh", "-c", command], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            watch = threading.Thread(target=_kill_when_unwanted, args=(world, process, unwanted), daemon=True)
            watch.start()
            for line in process.stdout:
                with world.held():
                    say(line.rstrip("\n"))
        with world.held():
            end(process.returncode)

    threading.Thread(target=work, daemon=True).start()


def _kill_when_unwanted(world: World, process: subprocess.Popen[str], unwanted: Callable[[], bool]) -> None:
    with world.lock:
        while process.poll() is None:
            if unwanted() or world.closed:
                os.killpg(process.pid, 9)
                return
            world.changed.wait(0.5)
