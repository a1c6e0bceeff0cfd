"""A Heroku on loopback, by hand.

python -m tests.heroku_platform [--port N] [--speed N] [--key KEY]

Prints its URL and serves until it is ended. Clients sign in with the key:
HEROKU_HOST=URL HEROKU_API_KEY=KEY heroku apps
"""

from __future__ import annotations

import argparse
import signal

from tests.heroku_platform.platform import HerokuPlatform


def main() -> None:
    """Serve until ctrl-c or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.heroku_platform", description="a Heroku on loopback")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds that go by there for each real one")
    parser.add_argument("--key", default="key-of-user", help="the API key of its account")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with HerokuPlatform(given.speed, given.port) as platform:
        platform.account(key=given.key)
        print(platform.url, flush=True)  # noqa: T201 - this is what it is for
        try:
            signal.pause()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
