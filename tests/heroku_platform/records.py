"""What there is at the double, as plain records. The rules are in `resources/`, one file for each family."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LOG_KEPT = 1500  # lines that Logplex keeps for an app


@dataclass(eq=False)
class Account:
    """Somebody, and what signs them in: API keys (`revoked` ones answer 401) or the password."""

    id: str
    email: str
    created_at: datetime
    keys: set[str] = field(default_factory=set)
    password: str = ""
    name: str | None = None
    second_factor: str | None = None  # the code that is asked for; None asks for none
    verified: bool = True
    features: set[str] = field(default_factory=set)
    tokens: float = 4500.0
    tokens_at: datetime | None = None
    authorizations: dict[str, dict[str, Any]] = field(default_factory=dict)
    preauthorized: dict[str, datetime] = field(default_factory=dict)  # app id → until when


@dataclass(eq=False)
class Team:
    """A team: its members may see and change its apps."""

    id: str
    name: str
    created_at: datetime
    members: dict[Account, str] = field(default_factory=dict)  # → admin, member or viewer


@dataclass(frozen=True)
class Plan:
    """A plan of an add-on service. `cents`: a month."""

    id: str
    service: Service
    name: str  # service:plan
    human_name: str
    cents: int


@dataclass(frozen=True)
class Service:
    """An add-on service. `variables` are what one gives to its app, the first being the attachment's own `_URL`."""

    id: str
    name: str
    human_name: str
    prefix: str  # of add-on names: redis-curved-12345
    attachment: str  # the default name of an attachment
    scheme: str
    seconds: float  # that provisioning takes; 0: at once
    alone: bool = False  # only one for each app
    extra: tuple[str, ...] = ()  # more variables: ``TLS_URL`` beside ``URL``


@dataclass(frozen=True)
class DynoSize:
    """A dyno size. `rank`: eco, basic and the professional ones do not mix."""

    id: str
    name: str
    cents: int
    memory: float  # GB
    compute: int
    dedicated: bool
    tier: str  # eco, basic, standard or performance
    units: float


@dataclass(frozen=True)
class Program:
    """What an image or a slug does when it runs.

    `boots` False: its dynos crash, after they wrote `says`. Dynos that are up write `ticks` each `tick_seconds`.
    `release_exits`: what the release phase ends with, where `processes` has a ``release``; None: really run it.
    """

    processes: dict[str, str] = field(default_factory=lambda: {"web": "python -m shop"})
    boots: bool = True
    says: tuple[str, ...] = ("Listening",)
    ticks: str = ""
    tick_seconds: float = 0.0
    release_says: tuple[str, ...] = ()
    release_exits: int | None = 0
    stack: str = "heroku-24"
    language: str = "Python"


@dataclass(eq=False)
class Slug:
    """What a release runs: a compiled slug, or the images of a container release."""

    id: str
    created_at: datetime
    program: Program
    size: int = 14_806_874
    commit: str | None = None
    images: dict[str, str] = field(default_factory=dict)  # process type → image id


@dataclass(eq=False)
class Output:
    """What a build or a release phase says, as it comes."""

    lines: list[str] = field(default_factory=list)
    over: bool = False


@dataclass(eq=False)
class Release:
    id: str
    version: int
    description: str
    created_at: datetime
    updated_at: datetime
    user: Account
    slug: Slug | None
    config: dict[str, str]
    addon_plans: tuple[str, ...]
    status: str = "succeeded"
    output: Output | None = None  # of its release phase


@dataclass(eq=False)
class Process:
    """A row of the formation."""

    id: str
    type: str
    command: str
    quantity: int
    size: DynoSize
    created_at: datetime
    updated_at: datetime


@dataclass(eq=False)
class Dyno:
    id: str
    name: str
    type: str
    command: str
    size: DynoSize
    release: Release
    created_at: datetime
    updated_at: datetime
    state: str = "starting"
    stopped: bool = False
    sampled: bool = False  # its memory and load are being told
    attach_url: str | None = None
    terminal: bool = True  # a one-off dyno has one unless the client wants none


@dataclass(frozen=True)
class Meeting:
    """A one-off dyno that waits for its client. `end` is called with the exit status, while the world is held."""

    dyno: Dyno
    variables: dict[str, str]
    end: Callable[[int], None]


@dataclass(frozen=True)
class LogLine:
    """A line of an app's log. `source` is ``app`` or ``heroku``, `process` is ``web.1``, ``router`` or ``api``."""

    number: int
    at: datetime
    source: str
    process: str
    text: str

    def __str__(self) -> str:
        return f"{self.at.strftime('%Y-%m-%dT%H:%M:%S.%f+00:00')} {self.source}[{self.process}]: {self.text}"


@dataclass(eq=False)
class Log:
    lines: deque[LogLine] = field(default_factory=lambda: deque(maxlen=LOG_KEPT))
    written: int = 0


@dataclass(eq=False)
class Build:
    """A build of source code; `output` is told as it goes on."""

    id: str
    source: dict[str, Any]
    user: Account
    stack: str
    created_at: datetime
    updated_at: datetime
    output: Output
    status: str = "pending"
    slug: Slug | None = None
    release: Release | None = None


@dataclass(eq=False)
class Domain:
    id: str
    hostname: str
    kind: str  # heroku or custom
    created_at: datetime
    updated_at: datetime
    cname: str | None = None
    status: str = "none"
    acm_status: str | None = None
    sni_endpoint: dict[str, str] | None = None


@dataclass(eq=False)
class Collaborator:
    id: str
    account: Account
    created_at: datetime


@dataclass(eq=False)
class App:
    id: str
    name: str
    owner: Account
    team: Team | None
    region: str
    stack: str  # of what runs
    build_stack: str  # of what is built or released next
    created_at: datetime
    updated_at: datetime
    web_url: str
    released_at: datetime | None = None
    maintenance: bool = False
    acm: bool = False
    config: dict[str, str] = field(default_factory=dict)
    formation: dict[str, Process] = field(default_factory=dict)
    dynos: list[Dyno] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    current: Release | None = None
    domains: list[Domain] = field(default_factory=list)
    collaborators: list[Collaborator] = field(default_factory=list)
    features: set[str] = field(default_factory=set)
    log: Log = field(default_factory=Log)
    slugs: dict[str, Slug] = field(default_factory=dict)
    builds: list[Build] = field(default_factory=list)
    certificates: dict[str, dict[str, Any]] = field(default_factory=dict)  # id → as it is answered
    buildpacks: list[str] = field(default_factory=list)
    drains: dict[str, dict[str, Any]] = field(default_factory=dict)  # id → as it is answered
    webhooks: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(eq=False)
class Addon:
    id: str
    name: str
    app: App
    plan: Plan
    created_at: datetime
    updated_at: datetime
    state: str
    values: dict[str, str]  # URL → redis://…
    going: bool = False  # a DELETE was accepted and is not done yet
    stuck: bool = False  # it never gets provisioned


@dataclass(eq=False)
class Attachment:
    id: str
    name: str
    app: App
    addon: Addon
    created_at: datetime
    updated_at: datetime


@dataclass(eq=False)
class Session:
    """A log session: which lines of an app's log, and until when it may be used."""

    app: App
    made_at: datetime
    lines: int
    tail: bool
    source: str | None
    dyno: str | None

    def has(self, line: LogLine) -> bool:
        """Whether this line is one of those that were asked for."""
        if self.source and line.source != self.source:
            return False
        return not self.dyno or self.dyno in (line.process, line.process.partition(".")[0])


@dataclass(eq=False)
class Pipeline:
    id: str
    name: str
    owner: Account
    team: Team | None
    created_at: datetime
    updated_at: datetime


@dataclass(eq=False)
class Coupling:
    """An app in a stage of a pipeline."""

    id: str
    app: App
    pipeline: Pipeline
    stage: str
    created_at: datetime
    updated_at: datetime


@dataclass(eq=False)
class Promotion:
    """A release that is brought from one app of a pipeline to others. `targets`: as they are answered."""

    id: str
    pipeline: Pipeline
    source: App
    release: Release
    targets: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime
