"""What an environment is: the words of the project as frozen dataclasses, and nothing else.

Everything that crosses a boundary (a backend's answer, a plan, a message to the screen) is made of these. They
hold plain values, pickle small, and never hold a secret: a value that must stay secret is a reference such as
``${secret:name}`` until the moment a backend is given it (`tuienv.backends.base.Inputs`).

Times are Unix seconds (``float``, UTC), memory and storage are bytes, CPU is in cores (0.5 is half a core).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuienv.model.changes import Change, Operation, Outcome, Plan, Progress, Stage
    from tuienv.model.observed import (
        UNFINISHED,
        Failure,
        Identity,
        Instance,
        Layer,
        Lock,
        Marks,
        Observation,
        Profile,
        Resource,
        Storage,
        sentence,
    )
    from tuienv.model.readings import Budget, Capabilities, Event, LogLine, Release, Sample, SizeOffer
    from tuienv.model.record import Entry, Inverse, Record
    from tuienv.model.wanted import (
        MIB,
        SIZES,
        Difference,
        EnvironmentSpec,
        Health,
        LayerSpec,
        Options,
        Port,
        Route,
        Size,
    )
    from tuienv.model.words import (
        MARKING,
        NAME,
        OPERATIONS,
        REFERENCE,
        REVEAL,
        RUN,
        UNDONE_WHOLE,
        Action,
        Address,
        Kind,
        Status,
        Verb,
    )

else:
    _HOMES = ("words", "wanted", "observed", "changes", "readings", "record")
    """Each imports none that stands behind it."""

    def __getattr__(name: str) -> object:
        """Import no more of these than is used: each costs a millisecond for every two or three of its classes, and a
        process that has just been started shows nothing until then."""
        for home in () if name.startswith("_") else _HOMES:
            found = getattr(import_module(f"{__name__}.{home}"), name, None)
            if found is not None:
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "MARKING",
    "MIB",
    "NAME",
    "OPERATIONS",
    "REFERENCE",
    "REVEAL",
    "RUN",
    "SIZES",
    "UNDONE_WHOLE",
    "UNFINISHED",
    "Action",
    "Address",
    "Budget",
    "Capabilities",
    "Change",
    "Difference",
    "Entry",
    "EnvironmentSpec",
    "Event",
    "Failure",
    "Health",
    "Identity",
    "Instance",
    "Inverse",
    "Kind",
    "Layer",
    "LayerSpec",
    "Lock",
    "LogLine",
    "Marks",
    "Observation",
    "Operation",
    "Options",
    "Outcome",
    "Plan",
    "Port",
    "Profile",
    "Progress",
    "Record",
    "Release",
    "Resource",
    "Route",
    "Sample",
    "Size",
    "SizeOffer",
    "Stage",
    "Status",
    "Storage",
    "Verb",
    "sentence",
]
