"""A stateful double of the Heroku Platform API. `README.md` beside this says where its answers come from."""

from tests.heroku_platform.faults import Fault, Kind
from tests.heroku_platform.platform import HerokuPlatform
from tests.heroku_platform.records import Account, Program
from tests.heroku_platform.server import Drop

__all__ = ["Account", "Drop", "Fault", "HerokuPlatform", "Kind", "Program"]
