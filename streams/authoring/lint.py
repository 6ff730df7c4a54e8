"""Slips in rules that can be read, and everything in those that cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from streams.authoring.dead_rules import dead_parts
from streams.authoring.finding import Finding, at, of_line, of_mistakes
from streams.authoring.impossible_names import Known, impossible_names
from streams.authoring.overlaps import overlaps
from streams.authoring.rule_files import RuleFile
from streams.catalogue import load_catalogue
from streams.detection import Rule, RuleFileError, parse_rule
from streams.detection.case_reader import parse_cases
from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.fields import TOUCHPOINT_FIELDS, Field
from streams.detection.moment_types import MOMENT_PROPERTIES
from streams.outreach import Policy
from streams.vocabulary import Vocabulary, unheard_types
from streams.vocabulary.vocabulary import OWN_PROPERTY, OWN_TYPE


def lint(files: Iterable[RuleFile], vocabulary: Vocabulary, policy: Policy) -> list[Finding]:
    """Everything that is wrong or looks wrong, by file and place.

    Errors are what cannot be read, what can never fire and ids that stand in two files; the rest
    are warnings.
    """
    found: list[Finding] = []
    read: list[tuple[RuleFile, Rule, Mapping]] = []
    for file in files:
        try:
            read.append((file, parse_rule(file.text, file.filename), read_document(file.text, file.filename)))
        except RuleFileError as error:
            found += of_mistakes(error)
    known, seen = _known({rule.id: rule for _, rule, _ in read}), dict[str, str]()
    for file, rule, document in read:
        other = seen.setdefault(rule.id, file.filename)
        if other != file.filename:
            place = _value(document, "id")
            found.append(at(place, file.filename, "error", f"{rule.id} stands in {other} too", "keep one"))
        found += _rule(file, rule, document, vocabulary, policy)
        found += impossible_names(document, file.filename, known)
    found += overlaps((file.filename, _place(document), rule) for file, rule, document in read)
    return sorted(set(found))


def _known(linted: dict[str, Rule]) -> Known:
    """Knows the rules that are linted, and the shipped ones."""

    def known(rule_id: str) -> Rule | None:
        if rule_id not in linted:
            shipped = dict(load_catalogue()).get(f"{rule_id}.yaml")
            return parse_rule(shipped, rule_id) if shipped is not None else None
        return linted[rule_id]

    return known


def _rule(file: RuleFile, rule: Rule, document: Mapping, vocabulary: Vocabulary, policy: Policy) -> Iterator[Finding]:
    name, identity = file.filename, _value(document, "id")
    if Path(name).name != f"{rule.id}.yaml":
        yield at(identity, name, "warning", f"the file of {rule.id} is {Path(name).name}", f"name it {rule.id}.yaml")
    for line in unheard_types(file.text, name, vocabulary):
        yield of_line(line, "warning")
    yield from _properties(name, rule, document, vocabulary)
    yield from dead_parts(rule, document, name)
    if rule.id not in policy.by_moment:
        what = f"no action of policy '{policy.id}' answers it, so {_felt(rule.emotion)} hear nothing"
        yield at(identity, name, "warning", what, "name it in the 'moments' of an action")
    yield from _tests(file, rule, identity)


def _felt(emotion: str) -> str:
    return "its customers" if emotion == "dominant" else f"its {emotion} customers"


def _tests(file: RuleFile, rule: Rule, identity: Node) -> Iterator[Finding]:
    if file.test_text is None:
        yield at(identity, file.filename, "warning", "it has no tests", f"write {file.test_filename}")
        return
    try:
        cases = parse_cases(file.test_text, file.test_filename, rule.id)
    except RuleFileError as error:
        yield from of_mistakes(error)
        return
    for quiet, what in ((False, "no case in which it must fire"), (True, "no case in which it must not fire")):
        if all(bool(case.moments) is quiet for case in cases):
            remedy = "add one with 'moments: []'" if quiet else "add one with the moments expected"
            yield Finding(file.test_filename, 1, 1, "warning", what, remedy)


def _properties(filename: str, rule: Rule, document: Mapping, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Properties that nobody has heard of; types of one's own have properties of one's own."""
    if any(name.startswith(OWN_TYPE) for name in rule.detect.types()):
        return
    names = {name.removeprefix("properties.") for field in _fields(rule) for name in field.names}
    heard = MOMENT_PROPERTIES if rule.stratum == 2 else frozenset()
    for name in sorted(names - set(vocabulary.properties) - set(TOUCHPOINT_FIELDS) - heard):
        if name.startswith(OWN_PROPERTY):
            continue
        near = get_close_matches(name, vocabulary.properties, n=1, cutoff=0.7)
        remedy = f"did you mean '{near[0]}'?" if near else "look it up in docs/touchpoints.md"
        place = next((node for node in _scalars(document) if _names(node, name)), document)
        yield at(place, filename, "warning", f"property '{name}' is not in the vocabulary", remedy)


def _names(node: Scalar, name: str) -> bool:
    words = node.text.partition("|")[0].split(" or ")
    return name in [word.strip().removeprefix("properties.") for word in words]


def _fields(value: Any) -> Iterator[Field]:
    if isinstance(value, Field):
        yield value
    elif is_dataclass(value):
        for one in fields(value):
            if one.compare:
                yield from _fields(getattr(value, one.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _fields(item)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Listing):
        for item in node.items:
            yield from _scalars(item)
    else:
        for key, value in node.entries:
            yield key
            yield from _scalars(value)


def _value(document: Mapping, name: str) -> Node:
    return next(node for key, node in document.entries if key.text == name)


def _place(document: Mapping) -> tuple[int, int]:
    node = _value(document, "detect")
    return node.line, node.column
