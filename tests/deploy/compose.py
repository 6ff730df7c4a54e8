"""``docker-compose.yml`` as compose reads it: merged, variables filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.deploy.files import read_text, read_yaml
from tests.deploy.specification import Compose, Service, checked

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_][A-Z0-9_]*)(?P<operator>:-|:\?)(?P<rest>[^}]*)\})")
_EXAMPLE = re.compile(r"^(?P<off># ?)?(?P<name>[A-Z_][A-Z0-9_]*)=(?P<value>.*)$")


class Missing(ValueError):
    """A variable that must be set and is not."""


class Variable(NamedTuple):
    """A ``${NAME:-default}`` of the file; without a default it must be set."""

    name: str
    default: str | None


class Example(NamedTuple):
    """A line of ``.env.example``; one that is commented out shows its default."""

    value: str
    is_set: bool
    explanation: str


def variables() -> set[Variable]:
    """All variables that the file reads, with their defaults."""
    found = _VARIABLE.finditer(read_text("docker-compose.yml"))
    return {
        Variable(match["name"], match["rest"] if match["operator"] == ":-" else None)
        for match in found
        if match["name"]
    }


def compose(environment: Mapping[str, str] | None = None) -> Compose:
    """The file with every variable filled in; the secrets, which have no default, by their own name.

    Args:
        environment: as ``.env`` gives it; nothing stands for what must be set.

    Raises:
        Missing: ``environment`` is given and lacks a variable without a default.
        ValidationError: the file is not of the specification's form.
    """
    if environment is None:
        environment = {variable.name: variable.name for variable in variables() if variable.default is None}
    return checked(_filled(read_yaml("docker-compose.yml"), environment))


def ours() -> dict[str, Service]:
    """The services that run our image."""
    return {name: service for name, service in compose().services.items() if service.build is not None}


def examples() -> dict[str, Example]:
    """``.env.example``, each variable with the comment above it."""
    found: dict[str, Example] = {}
    explanation: list[str] = []
    for line in read_text(".env.example").splitlines():
        if match := _EXAMPLE.match(line):
            found[match["name"]] = Example(match["value"], match["off"] is None, " ".join(explanation))
        elif line.startswith("#"):
            explanation.append(line.removeprefix("#").strip())
        if not line or match:
            explanation = []
    return found


def _filled(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, environment) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, environment) for inner in value]
    return _VARIABLE.sub(lambda found: _value(found, environment), value) if isinstance(value, str) else value


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    if found["name"] is None:
        return "$"
    if value := environment.get(found["name"]):
        return value
    if found["operator"] == ":?":
        raise Missing(f"{found['name']}: {found['rest']}")
    return found["rest"]
