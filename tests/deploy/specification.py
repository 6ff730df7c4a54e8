"""The part of the Compose Specification that our file uses, as types: what is not named here is refused.

Written after the specification's pages on services, deploy, volumes and health checks. It is narrower
than the specification, on purpose: a key that is mistyped, or that nobody here thought about, fails.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Duration = Annotated[str, Meta(pattern=r"^(\d+(us|ms|s|m|h))+$")]
Memory = Annotated[str, Meta(pattern=r"^\d+(b|k|m|g|kb|mb|gb)$")]
Port = Annotated[str, Meta(pattern=r"^([0-9.]+:)?\d+:\d+(/(tcp|udp))?$")]
Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9._-]+$")]
Scalar = str | int | float | bool | None


class _Form(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class HealthCheck(_Form):
    """``test`` begins with how it is run."""

    test: list[str] | None = None
    interval: Duration | None = None
    timeout: Duration | None = None
    retries: Annotated[int, Meta(ge=1)] | None = None
    start_period: Duration | None = None
    disable: bool = False


class Dependency(_Form):
    """What must be true of the other service first."""

    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Limits(_Form):
    """Cores as text, memory with its unit."""

    cpus: Annotated[str, Meta(pattern=r"^\d+(\.\d+)?$")]
    memory: Memory


class Resources(_Form):
    """Only limits are used."""

    limits: Limits


class Deploy(_Form):
    """Only resources are used."""

    resources: Resources


class Build(_Form):
    """Where the Dockerfile lies."""

    context: str
    dockerfile: str = "Dockerfile"


class FileLimit(_Form):
    """Open files."""

    soft: int
    hard: int


class FileLimits(_Form):
    """Of the limits of a process, only open files are used."""

    nofile: FileLimit


class EnvironmentFile(_Form):
    """Further variables, if the file is there."""

    path: str
    required: bool = True


class Subnet(_Form):
    """Addresses of a network."""

    subnet: Annotated[str, Meta(pattern=r"^[0-9.]+/\d+$")]


class Addresses(_Form):
    """How a network gives them out."""

    config: list[Subnet] = []


class Network(_Form):
    """A network of the file's own; an internal one has no way out."""

    internal: bool = False
    ipam: Addresses = msgspec.field(default_factory=Addresses)


class Service(_Form):
    """A container that compose keeps running, or one that runs once."""

    image: str
    restart: Annotated[str, Meta(pattern=r"^(no|always|unless-stopped|on-failure(:\d+)?)$")]
    deploy: Deploy
    healthcheck: HealthCheck
    build: Build | None = None
    command: list[str] = []
    environment: dict[str, Scalar] = {}
    env_file: list[EnvironmentFile] = []
    networks: tuple[Name, ...] = ("default",)
    user: str = ""
    depends_on: dict[Name, Dependency] = {}
    volumes: list[str] = []
    ports: list[Port] = []
    expose: list[str] = []
    tmpfs: list[str] = []
    init: bool = False
    read_only: bool = False
    cap_drop: list[str] = []
    security_opt: list[str] = []
    stop_grace_period: Duration = "10s"
    ulimits: FileLimits | None = None


class Volume(_Form):
    """A named volume; ours take every default."""

    driver: str = "local"


class Compose(_Form):
    """The file; ``x-`` keys are taken out before, as compose ignores them."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    services: dict[Name, Service]
    networks: dict[Name, Network | None] = {}
    volumes: dict[Name, Volume | None] = {}


def checked(document: dict[str, Any]) -> Compose:
    """The document as types.

    Raises:
        ValidationError: what is wrong and where.
    """
    ours = {key: value for key, value in document.items() if not key.startswith("x-")}
    return msgspec.convert(ours, Compose)
