"""Every setting, once: its name, default, meaning; read from a TOML file and the environment."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

ENVIRONMENT_PREFIX = "MOMENTOUS_"
FILE_VARIABLE = "MOMENTOUS_CONFIG"

_UNKNOWN = re.compile(r"unknown field `(\w+)`")
_PLACE = re.compile(r" - at `\$\.(\w+)`")


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it, its source and the remedy."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of every process. Environment ``MOMENTOUS_<NAME>`` outranks the file."""

    kafka_bootstrap: Annotated[str, Meta(description="Kafka brokers, host:port, comma separated.")] = "localhost:9092"
    kafka_security_protocol: Annotated[
        str, Meta(pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$", description="How to talk to Kafka.")
    ] = "PLAINTEXT"
    kafka_sasl_mechanism: Annotated[
        str, Meta(pattern="^(PLAIN|SCRAM-SHA-256|SCRAM-SHA-512)$", description="SASL mechanism.")
    ] = "PLAIN"
    kafka_sasl_username: Annotated[str, Meta(description="SASL user.")] = ""
    kafka_sasl_password: Annotated[str, Meta(description="SASL password (secret).")] = ""
    kafka_ssl_ca: Annotated[str, Meta(description="File with the CA certificates, PEM; empty: the system's.")] = ""
    kafka_ssl_certificate: Annotated[str, Meta(description="File with the client certificate, PEM.")] = ""
    kafka_ssl_key: Annotated[str, Meta(description="File with the client key, PEM.")] = ""
    app_id: Annotated[
        str, Meta(min_length=1, description="Consumer group, and the stem of every transactional.id.")
    ] = "momentous"
    topic_prefix: Annotated[str, Meta(description="Put before every topic's name.")] = ""
    partitions: Annotated[int, Meta(ge=1, le=1000, description="Partitions of every keyed topic; fixed for life.")] = 4
    replication_factor: Annotated[int, Meta(ge=1, description="Replicas of every topic.")] = 1
    schema_registry_url: Annotated[str, Meta(description="Confluent-compatible registry; mock:// is in memory.")] = (
        "mock://"
    )
    schema_registry_user: Annotated[str, Meta(description="Registry login as user:password (secret).")] = ""
    worker_instance: Annotated[
        str, Meta(description="Static membership id of this worker; unique in the group; empty: dynamic.")
    ] = ""
    worker_processes: Annotated[
        int,
        Meta(ge=0, le=1000, description="Processes of one `momentous worker`; 0: one per processor it may use."),
    ] = 1
    worker_web_port: Annotated[
        int, Meta(ge=0, le=65535, description="Worker's HTTP port for /metrics and /health; 0: no HTTP.")
    ] = 6066
    loader_web_port: Annotated[
        int, Meta(ge=0, le=65535, description="Loader's HTTP port for /metrics and /health; 0: no HTTP.")
    ] = 6067
    deliver_web_port: Annotated[
        int, Meta(ge=0, le=65535, description="Deliverer's HTTP port for /metrics and /health; 0: no HTTP.")
    ] = 6070
    deliver_file: Annotated[str, Meta(description="The outreach systems' endpoints, YAML.")] = "deliver.yaml"
    web_bind: Annotated[
        str, Meta(min_length=1, description="Address for /metrics and /health, and of a worker for live state.")
    ] = "0.0.0.0"
    state_keys: Annotated[
        str, Meta(description="File with the keys of the live-state API (TOML); empty: the worker does not serve it.")
    ] = ""
    state_port: Annotated[int, Meta(ge=1, le=65535, description="Worker's HTTP port for the live-state API.")] = 6069
    state_address: Annotated[
        str, Meta(description="host:port by which other workers reach that port; empty: this machine's name and port.")
    ] = ""
    health_stall_ms: Annotated[
        int,
        Meta(ge=1000, description="With input waiting and nothing committed for this long, /health says 503."),
    ] = 30000
    session_timeout_ms: Annotated[
        int, Meta(ge=1000, description="A silent worker loses its partitions after this.")
    ] = 6000
    fetch_records: Annotated[int, Meta(ge=1, description="Most records of one fetch and so of one transaction.")] = 8000
    transaction_timeout_ms: Annotated[int, Meta(ge=1000, description="The broker aborts a transaction after this.")] = (
        15000
    )
    clickhouse_url: Annotated[str, Meta(description="ClickHouse HTTP address.")] = "http://localhost:8123"
    clickhouse_user: Annotated[str, Meta(description="ClickHouse user.")] = "default"
    clickhouse_password: Annotated[str, Meta(description="ClickHouse password (secret).")] = ""
    clickhouse_database: Annotated[
        str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$", description="ClickHouse database.")
    ] = "momentous"
    loader_batch_records: Annotated[int, Meta(ge=1, description="Most records of one insert.")] = 50000
    loader_batch_ms: Annotated[int, Meta(ge=1, description="A smaller insert goes out after this.")] = 1000
    preferences_keys: Annotated[
        str,
        Meta(description="Keys of the preferences page's links, id:key, comma separated; the first signs (secret)."),
    ] = ""
    preferences_url: Annotated[
        str, Meta(pattern="^https?://[^/]+[^?#]*$", description="Where customers reach the preferences page.")
    ] = "http://localhost:6068"
    preferences_bind: Annotated[
        str, Meta(min_length=1, description="Address on which the preferences page is served.")
    ] = "127.0.0.1"
    preferences_port: Annotated[
        int, Meta(ge=0, le=65535, description="HTTP port of the preferences page; 0: any free one.")
    ] = 6068
    data_dir: Annotated[str, Meta(description="Where embedded ClickHouse and the demo keep their files.")] = (
        ".momentous"
    )
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$", description="Least level logged.")] = "info"

    def topic(self, name: str) -> str:
        """The full name of topic ``name``."""
        return self.topic_prefix + name


def load_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from defaults, then the file named by ``MOMENTOUS_CONFIG``, then the environment.

    Args:
        environment: defaults to the process's.
        overrides: values of command-line options; ``None`` means not given.

    Raises:
        SettingsError: an unknown name, a value of the wrong kind, an unreadable file.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    if path := environment.get(FILE_VARIABLE):
        values.update(_file_values(Path(path)))
    of_environment = _environment_values(environment)
    values.update(of_environment)
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_mistake(str(error), of_environment, path)) from error


def _mistake(said: str, of_environment: Mapping[str, str], path: str | None) -> str:
    """Which setting cannot be used, where it stands, why, and what to do. It tells no value: it may be a secret."""
    unknown, known = _UNKNOWN.search(said), _PLACE.search(said)
    name = (unknown or known or [said, ""])[1]
    variable = ENVIRONMENT_PREFIX + name.upper()
    where = variable if name in of_environment else f"'{name}' in {path}" if path else name
    if unknown is None:
        what = _PLACE.sub("", said)
        return f"{where}: {what[:1].lower()}{what[1:]}; `momentous settings` lists names and defaults"
    near = get_close_matches(name, Settings.__struct_fields__, n=1, cutoff=0.7)
    right = (ENVIRONMENT_PREFIX + near[0].upper() if name in of_environment else near[0]) if near else ""
    remedy = f"did you mean {right}? " if right else ""
    return f"{where}: there is no such setting; {remedy}`momentous settings` lists names and defaults"


def _file_values(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{FILE_VARIABLE}={path}: cannot be read ({error.strerror}); name another file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        remedy = 'write lines like kafka_bootstrap = "host:9092"'
        raise SettingsError(f"{FILE_VARIABLE}={path}: not TOML ({error}); {remedy}") from error


def _environment_values(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX) and name != FILE_VARIABLE
    }
