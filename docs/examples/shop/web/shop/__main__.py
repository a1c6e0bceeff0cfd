"""Starts the shop from its environment variables: DATABASE_URL, CACHE_URL, PORT, SHOP_VERSION and GREETING."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping

from shop import VERSION
from shop.server import Server, Shop, log
from shop.stores import Cache, Database


def shop_of(environment: Mapping[str, str]) -> Shop:
    """The shop that the variables describe. Raises SystemExit, with what is missing."""
    missing = [name for name in ("DATABASE_URL", "CACHE_URL") if not environment.get(name)]
    if missing:
        raise SystemExit(f"not set: {', '.join(missing)}")
    return Shop(
        database=Database(environment["DATABASE_URL"]),
        cache=Cache(environment["CACHE_URL"]),
        instance=socket.gethostname(),
        version=environment.get("SHOP_VERSION", VERSION),
        greeting=environment.get("GREETING", ""),
    )


def main() -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
    shop = shop_of(os.environ)
    server = Server(("", int(os.environ.get("PORT", "8000"))), shop)
    for number in (signal.SIGTERM, signal.SIGINT):
        # `shutdown` waits for the loop that this very thread runs, so it needs another one.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    log.info("shop %s serves on port %d", shop.version, server.server_port)
    server.serve_forever(poll_interval=0.1)
    server.serve_waiting()
    server.server_close()
    log.info("shop stopped, nothing is in flight")


if __name__ == "__main__":
    main()
