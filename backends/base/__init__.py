"""The contract that every backend keeps, and how backends are found.

A backend is plain synchronous code, safe to call from several threads at once, that takes and returns the objects of
`tuienv.model`. It knows nothing of screens, plans or files. What it can do beyond the minimum (`Backend`) it says by
implementing one of the small protocols: `Watches`, `Reads`, `Copies`, `Measures`, `Runs`, `Connects`, `Configures`,
`Releases`, `Reports`, `Keeps`, `Judges`, `Budgets`, `Pages`, `Authorizes`.

Every call may raise the errors of `errors` and no other::

    ProviderError
     ├─ NotAuthenticated   nobody is signed in, or no longer
     ├─ Forbidden          signed in, but not allowed
     ├─ NotFound           it is not there (any more)
     ├─ Conflict           it is in a state that forbids this now
     ├─ Throttled          too many requests; `retry_after` says when to try again, in seconds
     ├─ Unreachable        no answer, or half of one
     └─ Invalid            the provider refuses what was asked

and `Cancelled`, which is raised by the `Steps` given to `Backend.apply` and must be let through.
"""

from tuienv.backends.base.contract import (
    Authorizes,
    Backend,
    Budgets,
    Configures,
    Connects,
    Copies,
    Execution,
    Hint,
    Inputs,
    Judges,
    Keeps,
    Looks,
    Measures,
    Pages,
    Reads,
    Releases,
    Reports,
    Runs,
    Steps,
    Stream,
    Visits,
    Watches,
)
from tuienv.backends.base.errors import (
    Cancelled,
    Conflict,
    Forbidden,
    Invalid,
    NotAuthenticated,
    NotFound,
    ProviderError,
    Throttled,
    Unreachable,
)
from tuienv.backends.base.finding import (
    GROUP,
    PROFILES,
    Backends,
    Finder,
    Opener,
    Secret,
    backend_names,
    finders,
    load_backend,
    no_secret,
    takes_secret,
)

__all__ = [
    "GROUP",
    "PROFILES",
    "Authorizes",
    "Backend",
    "Backends",
    "Budgets",
    "Cancelled",
    "Configures",
    "Conflict",
    "Connects",
    "Copies",
    "Execution",
    "Finder",
    "Forbidden",
    "Hint",
    "Inputs",
    "Invalid",
    "Judges",
    "Keeps",
    "Looks",
    "Measures",
    "NotAuthenticated",
    "NotFound",
    "Opener",
    "Pages",
    "ProviderError",
    "Reads",
    "Releases",
    "Reports",
    "Runs",
    "Secret",
    "Steps",
    "Stream",
    "Throttled",
    "Unreachable",
    "Visits",
    "Watches",
    "backend_names",
    "finders",
    "load_backend",
    "no_secret",
    "takes_secret",
]
