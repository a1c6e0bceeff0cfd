"""What was released of a layer and what happened to it, where its backend tells."""

from __future__ import annotations

from tuienv.backends.base import Invalid, Looks, Releases, Reports
from tuienv.model import Address, Event, Layer, Release


def releases_of(backend: Looks, layer: Layer, address: Address) -> list[Release]:
    """Newest first. Raises `ProviderError`: `Invalid` where none are kept."""
    if isinstance(backend, Releases) and backend.capabilities(layer).releases:
        return backend.releases(address)
    said = f"{layer.backend} keeps no releases of a layer like this"
    remedy = "To go back, put the earlier image or setting into the file, and apply it"
    raise Invalid("read the releases of", address, said, remedy)


def events_of(backend: Looks, layer: Layer, address: Address) -> list[Event]:
    """Newest first. Raises `ProviderError`: `Invalid` where nobody keeps them."""
    if isinstance(backend, Reports) and backend.capabilities(layer).events:
        return backend.events(address)
    said = f"{layer.backend} keeps no events of a layer like this"
    raise Invalid("read the events of", address, said, f"Its log may tell: tuienv logs {address}")
