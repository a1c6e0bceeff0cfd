"""The engine in a process of its own, and the asyncio side that screens talk to.

`messages` is what crosses between the two, `server` the process, `client` the screen's side. The screen's process
imports `client` and `messages` alone, so that it never loads an SDK, pydantic or the engine.
"""
