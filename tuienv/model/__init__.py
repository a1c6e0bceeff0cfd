"""What an environment is: the words of the project as frozen dataclasses, and nothing else.

Everything that crosses a boundary (a backend's answer, a plan, a message to the screen) is made of these. They
hold plain values, pickle small, and never hold a secret: a value that must stay secret is a reference such as
``${secret:name}`` until the moment a backend is given it (`tuienv.backends.base.Inputs`).

Times are Unix seconds (``float``, UTC), memory and storage are bytes, CPU is in cores (0.5 is half a core).
"""

from tuienv.model.changes import Change, Difference, Operation, Outcome, Plan, Progress, Stage
from tuienv.model.observed import (
    Failure,
    Identity,
    Instance,
    Layer,
    Lock,
    Marks,
    Observation,
    Profile,
    Resource,
    sentence,
)
from tuienv.model.readings import Budget, Capabilities, Event, LogLine, Release, Sample, SizeOffer
from tuienv.model.record import Entry, Inverse, Record
from tuienv.model.wanted import MIB, SIZES, EnvironmentSpec, Health, LayerSpec, Port, Route, Size
from tuienv.model.words import (
    MARKING,
    NAME,
    OPERATIONS,
    REFERENCE,
    REVEAL,
    RUN,
    Action,
    Address,
    Kind,
    Status,
    Verb,
)

__all__ = [
    "MARKING",
    "MIB",
    "NAME",
    "OPERATIONS",
    "REFERENCE",
    "REVEAL",
    "RUN",
    "SIZES",
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
    "Verb",
    "sentence",
]
