"""What is put to the test: the rule, what it is compared with, and all that runs beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from streams.authoring.rule_files import find_rule_file
from streams.backtest.errors import BadChoice
from streams.controls import activation
from streams.customer.definitions import Definitions
from streams.definition_files import Definition, read_definitions, shipped_definitions
from streams.detection import Rule, parse_rule

_MODE = re.compile(r"^mode\s*:.*$", re.MULTILINE)
_NONE = "none"
_ONE_OF_EACH = ("policy", "emotions")
"""Kinds of which there is always one: the shipped one, unless it is given."""


@dataclass(frozen=True)
class Version:
    """A version of the rule, and the text that runs; its own mode is ``rule.mode``, in a backtest it is live."""

    rule: Rule
    text: str
    filename: str


@dataclass(frozen=True)
class Choice:
    """``present`` is None where there is nothing to compare with, or nothing that differs: ``why_alone`` says which.

    ``origin`` says where what runs ``beside``, and the present version, are from.
    """

    candidate: Version
    present: Version | None
    why_alone: str
    beside: Sequence[Definition]
    origin: str

    def alone(self, version: Version) -> Definitions:
        """Only that version, with the timing."""
        return _active((one for one in self.beside if one.kind == "time"), version)

    def together(self, version: Version) -> Definitions:
        """That version among all other rules, with the policy."""
        return _active(self.beside, version)


def choose(name: str, against: str | None, others: Sequence[Path], active: Sequence[Definition] = ()) -> Choice:
    """Find everything.

    Args:
        name: a rule file, or the id of a rule among ``others`` (or, without those, of a shipped one).
        against: the present version's file; ``none``: compare with nothing; None: the rule of that id among the others.
        others: rules, policy and timing as they run now, in files.
        active: the same, as the log has them, in place of files; both empty: what is shipped.

    Raises:
        BadChoice: no such rule.
        BadDefinitions, RuleFileError, OSError: a file cannot be used.
    """
    definitions = read_definitions(others) if others else list(active)
    origin = "the files of --rules" if others else "what is active in Kafka"
    if definitions:
        kinds = {one.kind for one in definitions}
        added = [one for one in shipped_definitions() if one.kind in _ONE_OF_EACH and one.kind not in kinds]
        definitions += added
        origin += "".join(f", and the shipped {one.kind}" for one in added)
    else:
        definitions, origin = shipped_definitions(), "what is shipped"
    known = {one.id: one for one in definitions if one.kind == "rule"}
    if name in known and not Path(name).is_file():
        candidate = _version(known[name].text, known[name].filename)
    else:
        try:
            file = find_rule_file(name)
        except LookupError as error:
            problem, _, remedy = str(error).partition("; ")
            raise BadChoice(problem, remedy or "name a rule file, or the id of a rule") from error
        candidate = _version(file.text, file.filename)
    beside = [one for one in definitions if (one.kind, one.id) != ("rule", candidate.rule.id)]
    present, why = _present(candidate, against, known.get(candidate.rule.id))
    return Choice(candidate, present, why, beside, origin)


def _present(candidate: Version, against: str | None, known: Definition | None) -> tuple[Version | None, str]:
    if against == _NONE:
        return None, "a comparison was not asked for"
    if against is not None:
        path = Path(against)
        found = _version(path.read_text(encoding="utf-8", errors="replace"), against)
        if found.rule.id != candidate.rule.id:
            raise BadChoice(
                f"{against} is rule {found.rule.id}, not {candidate.rule.id}", "compare versions of one rule"
            )
    elif known is None:
        return None, f"no rule {candidate.rule.id} runs at present"
    else:
        found = _version(known.text, known.filename)
    if found.text == candidate.text:
        return None, "it is the present version itself"
    return found, ""


def _version(text: str, filename: str) -> Version:
    rule = parse_rule(text, filename)
    return Version(rule, text, filename)


def _active(beside: Iterable[Definition], version: Version) -> Definitions:
    made = Definitions()
    rule = version.rule
    text = _MODE.sub("mode: live", version.text) if rule.mode != "live" else version.text
    for control in [*(one.control for one in beside), activation("rule", rule.id, rule.version, text)]:
        if (carried := control["activation"]) is not None:
            made.activate(carried)
    return made
