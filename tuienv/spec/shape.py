"""The shape of an environment file: which keys there are and what may stand in them, one layer or value at a time.

What these models allow may still be wrong together; `tuienv.spec.rules` judges that.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from tuienv.model import NAME, SIZES, Kind, Port, Size
from tuienv.spec import units

_NAME = {"type": "string", "pattern": f"^{NAME.pattern}$"}
_BYTES = {"type": "string", "pattern": units.BYTES_PATTERN}
_SECONDS = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": units.SECONDS_PATTERN}]}
_COMMAND = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "number", "boolean"]}}]}
_CORES = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": "^[0-9.]+m?$"}]}
_VERSION = {"type": ["string", "integer"], "pattern": r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"}
_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}

PortNumber = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, PlainValidator(units.seconds), WithJsonSchema(_SECONDS)]
Words = Annotated[list[str], BeforeValidator(units.words), Field(min_length=1), WithJsonSchema(_COMMAND)]
Text = Annotated[str, Field(min_length=1)]


class Shape(BaseModel):
    """What all parts of the file have in common: unknown keys are mistakes, and nothing is converted by guess."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SizeShape(Shape):
    """How big one instance is, in numbers."""

    cpu: Annotated[float, PlainValidator(units.cores), WithJsonSchema(_CORES)] | None = Field(
        default=None, description="Cores that one instance may use: 0.5 is half of one.", examples=[0.5]
    )
    memory: Annotated[int, PlainValidator(units.memory), WithJsonSchema(_BYTES)] | None = Field(
        default=None, description="Memory that one instance may use.", examples=["512MiB"]
    )

    @model_validator(mode="after")
    def _is_something(self) -> SizeShape:
        if self.cpu is None and self.memory is None:
            raise ValueError("says nothing: write cpu, memory or both, such as {cpu: 0.5, memory: 512MiB}")
        return self

    def as_size(self) -> Size:
        return Size("", self.cpu, self.memory)


class NamedSize(SizeShape):
    """How big one instance is, by a name."""

    size: Size

    def as_size(self) -> Size:
        return self.size


class HealthShape(Shape):
    """How an app says that it is ready: by `path` or by `command`."""

    path: Annotated[str, Field(pattern="^/[!-~]*$")] = Field(
        default="",
        description="An HTTP path that the load balancer asks for; 2xx and 3xx are healthy.",
        examples=["/healthz"],
    )
    command: Words = Field(
        default=[], description="A command inside the instance; exit code 0 is healthy.", examples=[["pg_isready"]]
    )
    interval: Seconds = Field(default=1.0, description="Time between two checks.", examples=["1s"])
    timeout: Seconds = Field(default=2.0, description="Time that one check may take.", examples=["2s"])
    grace: Seconds = Field(
        default=60.0, description="Time that a new instance has to get healthy before it has failed.", examples=["60s"]
    )


class RouteShape(Shape):
    """What a load balancer forwards to one app."""

    port: PortNumber = Field(description="The port that the app listens on.", examples=[8000])
    path: Annotated[str, Field(pattern="^/[!-~]*$")] = Field(
        default="/", description="Requests below this path go to the app.", examples=["/api"]
    )


def _size(value: object, read: ValidatorFunctionWrapHandler) -> SizeShape:
    if isinstance(value, str):
        return NamedSize.model_construct(size=units.named_size(value))
    if isinstance(value, int | float):
        raise ValueError("must be a name such as small, or {cpu: 0.5, memory: 512MiB}")
    shape: SizeShape = read(value)
    return shape


def _route(value: object, read: ValidatorFunctionWrapHandler) -> RouteShape:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    shape: RouteShape = read({"port": value} if is_number else value)
    return shape


def _profiles(value: object) -> object:
    """One profile for all backends, under an empty name, or one for each."""
    return {"": value} if isinstance(value, str) else value


def _either(*choices: dict[str, Any]) -> Any:
    """The JSON Schema of what may be written in several ways, for editors."""
    return WithJsonSchema({"anyOf": list(choices)})


_SIZE_NAMES = {"type": "string", "pattern": units.OWN_SIZE_PATTERN, "examples": list(SIZES)}
_IMAGE = {"type": "string", "pattern": units.IMAGE_PATTERN}
_VALUE = {"type": ["string", "number", "boolean"]}

SizeField = Annotated[
    SizeShape, WrapValidator(_size), _either({"enum": list(SIZES)}, _SIZE_NAMES, SizeShape.model_json_schema())
]
Route = Annotated[RouteShape, WrapValidator(_route), _either(_PORT, RouteShape.model_json_schema())]
Profiles = Annotated[
    dict[str, Text],
    BeforeValidator(_profiles),
    _either({"type": "string", "minLength": 1}, {"type": "object", "additionalProperties": {"type": "string"}}),
]
Published = Annotated[
    Port, PlainValidator(units.published_port), _either(_PORT, {"type": "string", "pattern": units.PUBLISHED_PATTERN})
]


class LayerShape(Shape):
    """One layer. Which keys belong to which kind is in `tuienv.spec.kinds`."""

    kind: Annotated[Kind, PlainValidator(units.kind), WithJsonSchema({"enum": [str(kind) for kind in Kind]})] = Field(
        description="What the layer is for.", examples=["app"]
    )
    backend: Text = Field(
        default="", description="The provider that runs it, if not the environment's.", examples=["docker"]
    )
    profile: Text = Field(
        default="", description="The credentials to use, if not the environment's.", examples=["acme-dev"]
    )
    image: Annotated[str, AfterValidator(units.image), WithJsonSchema(_IMAGE)] = Field(
        default="",
        description="The image to run. Layers that are no app have the official image of their engine without it.",
        examples=["registry.example.com/shop:1.4.2"],
    )
    build: Text = Field(
        default="",
        description="A folder with a Dockerfile to build the app's image from, relative to this file.",
        examples=["./web"],
    )
    command: Words = Field(
        default=[], description="What to run in place of the image's own command.", examples=[["python", "-m", "shop"]]
    )
    port: PortNumber | None = Field(
        default=None, description="The port that the app listens on inside its instance.", examples=[8000]
    )
    replicas: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=1, description="How many instances there shall be.", examples=[3]
    )
    size: SizeField | None = Field(
        default=None,
        description="How big one instance is: a name that means the same everywhere, a name of the provider's own, "
        "or numbers. Without it nothing is limited.",
        examples=["small", {"cpu": 0.5, "memory": "512MiB"}],
    )
    health: HealthShape | None = Field(
        default=None, description="How the app says that it is ready.", examples=[{"path": "/healthz"}]
    )
    environment: Annotated[dict[str, str], WithJsonSchema({"type": "object", "additionalProperties": _VALUE})] = Field(
        default={},
        description="Variables. A value may hold ${layers.NAME.url} and ${secret:NAME}.",
        examples=[{"DATABASE_URL": "${layers.db.url}"}],
    )
    routes: dict[str, Route] = Field(
        default={}, description="What a load balancer forwards: the app, and its port.", examples=[{"web": 8000}]
    )
    ports: list[Published] = Field(
        default=[],
        description="Ports that are published, on 127.0.0.1 unless an address is given.",
        examples=[[8080], ["0.0.0.0:8080"]],
    )
    engine: Text = Field(default="", description="The software: haproxy, redis or postgres.", examples=["postgres"])
    version: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"), WithJsonSchema(_VERSION)] = (
        Field(default="", description="The engine's version, in quotes.", examples=["16"])
    )
    storage: Annotated[int, PlainValidator(units.amount_of_bytes), WithJsonSchema(_BYTES)] | None = Field(
        default=None, description="How much the layer may store.", examples=["10GiB"]
    )
    options: dict[str, dict[str, Any]] = Field(
        default={}, description="What only one provider has, under its name.", examples=[{"aws": {"multi_az": True}}]
    )


class EnvironmentShape(Shape):
    """One environment: one YAML document of the file."""

    environment: Annotated[str, WithJsonSchema(_NAME)] = Field(
        description="The environment's name.", examples=["shop-staging"]
    )
    backend: Text = Field(
        default="", description="The provider of the layers that name none.", examples=["docker", "aws", "heroku"]
    )
    profile: Profiles = Field(
        default={},
        description="The credentials to use: one profile, or one for each backend.",
        examples=["local", {"aws": "acme-dev", "heroku": "work"}],
    )
    protected: bool = Field(
        default=False, description="true: no destroy and no replacing of data until turned off.", examples=[True]
    )
    options: dict[str, dict[str, Any]] = Field(
        default={},
        description="What only one provider has, under its name, for all layers there that do not say it themselves.",
        examples=[{"aws": {"vpc": "vpc-0a1b2c3d"}, "heroku": {"region": "eu"}}],
    )
    layers: Annotated[dict[str, LayerShape], Field(min_length=1)] = Field(
        description="The layers by name.", examples=[{"web": {"kind": "app", "image": "shop:1.4.2"}}]
    )
