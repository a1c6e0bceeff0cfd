"""A real Docker Engine for the tests: found, or brought up and taken down again; and the images that they run.

`session.engine()` is what the test suite uses. `daemon.Daemon` is an engine of its own that a test may kill, pause and
start again. `python -m tests.docker_engine` does the same by hand.
"""
