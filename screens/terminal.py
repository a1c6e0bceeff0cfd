"""Giving the terminal to another program for a while; then everything is as it was."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from textual.app import App, SuspendNotSupported

from tuienv.text import plain


def run_in_terminal(app: App[int], command: Sequence[str], what: str) -> bool:
    """Run a command where the screen is, and come back when it ended; whether it ended well. `what` names it in what
    is said where it did not."""
    try:
        with app.suspend():
            code = subprocess.run(command, check=False).returncode
    except SuspendNotSupported:
        app.notify(f"There is no terminal here to run {what} in", severity="warning", markup=False)
        return False
    except OSError as error:
        app.notify(f"{plain(command[0])} cannot be run: {error.strerror}", severity="warning", markup=False)
        return False
    if code:
        app.notify(f"{what[0].upper()}{what[1:]} ended with exit code {code}", severity="warning", markup=False)
    app.refresh(layout=True)
    return code == 0
