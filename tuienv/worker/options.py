"""What the worker is started with: the first thing that crosses, and all that it needs to begin to look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker shall run. No secrets: credentials are found in the worker, by profile.

    `directory`: where environment files are looked for, with the user's config folder; `files`: these instead.
    `profiles`: the (backend, profile) pairs to look at beside those that the files name; None for those that are in use
    on this machine. `demo`: the sandbox alone;
    no file is read, nothing is remembered, nothing is written. `log`: write which mistakes end a thread inside the
    worker, without their text, to ``worker.log`` in the state folder. `expected`: the environments that a worker
    before this one has told of; those that are no more are told to be gone.
    """

    directory: str = "."
    files: tuple[str, ...] = ()
    profiles: tuple[tuple[str, str], ...] | None = None
    read_only: bool = False
    demo: bool = False
    log: bool = False
    expected: tuple[str, ...] = ()
