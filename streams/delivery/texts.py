"""The words of a message: a template with a trigger's facts in it.

``<template>.txt`` has the text, its first line ``Subject: …`` where there is a subject; beside it may
stand ``<template>.html``. A fact is written ``$name`` or ``${name}``; in HTML it is escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from streams.delivery.endpoint import Wording
from streams.delivery.errors import Unwritable

MOST_BYTES = 262_144
_TEMPLATE = re.compile(r"[a-z][a-z0-9_]*([.-][a-z0-9_]+)*")
_SUBJECT = "Subject:"
_FIELDS = ("trigger_id", "customer_id", "action", "channel", "purpose", "emotion", "template")

Lookup = Callable[[Mapping[str, Any]], str | None]
"""A trigger to its customer's address, or None."""


class Words(NamedTuple):
    """What to say."""

    subject: str
    text: str
    html: str | None


class _Facts(Template):
    """Facts have dots and dashes in their names too, in braces."""

    braceidpattern = r"(?a:[_A-Za-z][_A-Za-z0-9.-]*)"


class Texts:
    """Templates of a folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[tuple[str, str], str | None] = {}

    def words(self, trigger: Mapping[str, Any]) -> Words:
        """The words of a trigger.

        Raises:
            Unwritable: there is no such template, or a fact that it wants is missing.
        """
        name = str(trigger["template"])
        text = self._template(name, ".txt")
        if text is None:
            raise Unwritable("no_template", f"there is no text {name}.txt among the templates")
        facts = facts_of(trigger)
        subject = ""
        if text.startswith(_SUBJECT):
            subject, _, text = text.removeprefix(_SUBJECT).partition("\n")
        page = self._template(name, ".html")
        escaped = {key: html.escape(value) for key, value in facts.items()}
        return Words(
            filled(subject.strip(), facts, name),
            filled(text.lstrip("\n"), facts, name),
            None if page is None else filled(page, escaped, name),
        )

    def _template(self, name: str, ending: str) -> str | None:
        if (name, ending) not in self._read:
            # The name comes from a record: it must not lead out of the folder.
            path = self._folder / (name + ending)
            there = _TEMPLATE.fullmatch(name) is not None and path.is_file() and path.stat().st_size <= MOST_BYTES
            self._read[name, ending] = path.read_text(encoding="utf-8") if there else None
        return self._read[name, ending]


def facts_of(trigger: Mapping[str, Any]) -> dict[str, str]:
    """What a template may name: the context's facts, and some of the trigger's own fields over them."""
    told = {name: _shown(value) for name, value in trigger["context"].items() if value is not None}
    return told | {name: str(trigger[name]) for name in _FIELDS}


def filled(text: str, facts: Mapping[str, str], template: str) -> str:
    """The text with its facts.

    Raises:
        Unwritable: one is missing, or a dollar sign stands alone (write ``$$``).
    """
    try:
        return _Facts(text).substitute(facts)
    except KeyError as missing:
        raise Unwritable("fact_missing", f"{template} wants the fact {missing.args[0]}") from None
    except ValueError:
        raise Unwritable("bad_template", f"{template} has a dollar sign that names no fact; write $$ for one") from None


class Addresses:
    """Finds where a trigger's customer is reached.

    Args:
        wording: names a fact of the context, a lookup, or both: the fact is asked first.

    Raises:
        ValueError: the lookup cannot be imported.
    """

    def __init__(self, wording: Wording) -> None:
        self._fact = wording.address
        self._lookup: Lookup | None = None
        if wording.lookup:
            module, _, name = wording.lookup.partition(":")
            try:
                self._lookup = getattr(import_module(module), name)
            except (ImportError, AttributeError) as error:
                raise ValueError(f"lookup {wording.lookup} cannot be imported ({error})") from error

    def of(self, trigger: Mapping[str, Any]) -> str:
        """The address.

        Raises:
            Unwritable: none is known.
        """
        found = trigger["context"].get(self._fact) if self._fact else None
        if found is None and self._lookup is not None:
            found = self._lookup(trigger)
        if not isinstance(found, str) or not found:
            raise Unwritable("no_address", "neither the context nor the lookup has one")
        return found


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
