"""``python -m tuienv.worker``: the worker process, started by `tuienv.worker.client` and by nobody else."""

from __future__ import annotations

from tuienv.worker.server import main

main()
