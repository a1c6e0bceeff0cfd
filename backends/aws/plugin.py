"""AWS's own ``session-manager-plugin``: whether it is there, and a session that it carries.

The session's token is a secret, so it goes into the plugin's environment and not on its command line, where everyone on
the machine could read it; plugins before 1.2.497 know no other way and are refused.
Source: the plugin's release history, and how the AWS command line calls it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tuienv.backends.base import Conflict, Invalid
from tuienv.text import plain

PROGRAM = "session-manager-plugin"
RESPONSE = "AWS_SSM_START_SESSION_RESPONSE"
"""The variable that the session is handed over in; its name stands on the command line in its place."""

OLDEST = (1, 2, 497)
TRIED = "run a command in"
_INSTALL = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
)
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def find_plugin(target: object) -> str:
    """Where the plugin is. Raises `Invalid` with how to install or renew it."""
    path = shutil.which(PROGRAM)
    if path is None:
        raise Invalid(
            TRIED, target, f"the {PROGRAM} is not installed, and ECS Exec needs it", f"Install it: {_INSTALL}"
        )
    try:
        told = subprocess.run([path, "--version"], capture_output=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Invalid(
            TRIED, target, f"{path} does not run ({type(error).__name__})", f"Install it anew: {_INSTALL}"
        ) from error
    version = _VERSION.search(plain(told))
    if version is None or tuple(map(int, version.groups())) < OLDEST:
        said = f"the {PROGRAM} is older than {'.'.join(map(str, OLDEST))} and would show the session's token to others"
        raise Invalid(TRIED, target, said, f"Renew it: {_INSTALL}")
    return path


class Carrier:
    """One session, carried by the plugin on a terminal of its own.

    That terminal changes nothing in either direction, for the far end has one too. The plugin turns off echo and lines
    on it, and only once its session is open: input that came before would be an end of input that nobody hears, and
    ctrl-c would go to nobody ever. Source: ``shellsession_unix.go`` in aws/session-manager-plugin.
    """

    def __init__(self, path: str, session: Mapping[str, object], arguments: Sequence[str], target: object) -> None:
        import pty
        import tty

        self._target = target
        self._terminal, inner = pty.openpty()
        tty.setraw(inner)
        environment = {**os.environ, RESPONSE: json.dumps(dict(session))}
        try:
            self._process = subprocess.Popen(
                [path, RESPONSE, *arguments],
                stdin=inner,
                stdout=inner,
                stderr=inner,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            os.close(self._terminal)
            raise Conflict(TRIED, target, f"{path} does not start ({error.strerror})", "Install it anew.") from error
        finally:
            os.close(inner)

    def read(self) -> bytes:
        """What comes next; empty once it ended."""
        try:
            return os.read(self._terminal, 65536)
        except OSError:  # so Linux says that nobody has the other end any more
            return b""

    def write(self, data: bytes) -> None:
        with suppress(OSError):
            while data:
                data = data[os.write(self._terminal, data) :]

    def resize(self, rows: int, columns: int) -> None:
        """The plugin looks at the size of its terminal twice a second, and passes it on."""
        import termios

        with suppress(termios.error, OSError):
            termios.tcsetwinsize(self._terminal, (rows, columns))

    def close(self) -> None:
        """End it, whatever it does."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGHUP)
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with suppress(OSError):
            os.close(self._terminal)
