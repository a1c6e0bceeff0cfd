"""The only place where the world is changed: policy, plan, journal, run, progress.

A key on the screen, a command and a script all come here: `Engine.preview` makes the plan that is shown,
`Engine.run` does exactly that plan or nothing.
"""

from tuienv.engine.engine import Engine, PlanOutdated
from tuienv.engine.policy import Policy, Refused

__all__ = ["Engine", "PlanOutdated", "Policy", "Refused"]
