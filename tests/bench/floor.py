"""The floor: the least that a Textual program must do to show a container's name."""

from __future__ import annotations

import asyncio

import docker
from textual.app import App, ComposeResult
from textual.widgets import DataTable


class Floor(App[None]):
    """One table, filled once from one listing."""

    def compose(self) -> ComposeResult:
        yield DataTable()

    async def on_mount(self) -> None:
        client = docker.DockerClient.from_env(version="1.41")
        found = await asyncio.to_thread(client.api.containers, all=True)
        table = self.query_one(DataTable)
        table.add_columns("name", "image", "state")
        for container in found:
            table.add_row(container["Names"][0].lstrip("/"), container["Image"], container["State"])


if __name__ == "__main__":
    Floor().run()
