"""Stands in for AWS's ``session-manager-plugin``: carries a session between a terminal and `exec_sessions`.

Around the wire it does what the real one does, by its source (aws/session-manager-plugin, ``shellsession_unix.go``):
it takes the session out of the variable that its first argument names, greets, turns off echo and lines on its
terminal and nothing else, reads up to 1,024 bytes at a time, passes on the size that its terminal has, puts the
terminal right again and says goodbye. Until it has greeted, the terminal is as it was given to it.

It is a program of its own, `install`ed where the search path leads; it needs Python's own library alone.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import termios

VERSION = "1.2.707.0"
LOOKS = 0.5
"""Seconds between two looks at the size of the terminal."""


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        say(VERSION)
        return
    variable, _region, operation, *_ = sys.argv[1:]
    assert operation == "StartSession", operation
    session = json.loads(os.environ.pop(variable))
    say(f"\nStarting session with SessionId: {session['sessionId']}")
    before = termios.tcgetattr(0)
    try:
        quieten()
        carry(session)
    except OSError as error:
        say(error)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    say(f"\n\nExiting session with sessionId: {session['sessionId']}.\n")


def say(words: object) -> None:
    print(words, flush=True)  # noqa: T201 - a program speaks by printing


def quieten() -> None:
    """``stty cbreak``, ``stty -echo``."""
    mode = termios.tcgetattr(0)
    mode[3] &= ~(termios.ICANON | termios.ECHO)
    mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
    termios.tcsetattr(0, termios.TCSADRAIN, mode)


def carry(session: dict[str, str]) -> None:
    host, _, port = session["streamUrl"].rpartition("/")[2].partition(":")
    with socket.create_connection((host, int(port))) as far:
        hello = {"token": session["tokenValue"], "arguments": sys.argv}
        far.sendall(json.dumps(hello).encode() + b"\n")
        size = (0, 0)
        while True:
            ready, _, _ = select.select([0, far.fileno()], [], [], LOOKS)
            # Ahead of input that came after it, which the real one does not promise.
            now = os.get_terminal_size(1)
            if (now.lines, now.columns) != size:
                size = (now.lines, now.columns)
                far.sendall(frame(b"s", b"%d %d" % size))
            if 0 in ready:
                if not (given := os.read(0, 1024)):
                    return
                far.sendall(frame(b"i", given))
            if far.fileno() in ready:
                if not (told := far.recv(65536)):
                    return
                write_all(told)


def frame(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "big") + data


def write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    main()
