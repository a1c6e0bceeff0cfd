"""Keeps observations of many (backend, profile) pairs fresh, and tells what changed.

`freshness.Live` is what others use: it puts the rooms together and owns the threads that tell. `world` is the state,
without threads or clocks; `telling` finds what a listener has not been told; `pair` looks after one provider;
`declared` reads the environment files again when they change; `measuring` streams what is in view; `remembered` keeps
the last known state for the next start.

Nothing is imported here, so that the screen's process can read what is remembered without loading the rest.
"""
