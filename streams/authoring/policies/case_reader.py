"""The cases of a policy-test file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from schemas import Value
from streams.authoring.policies.case import (
    MAKES,
    MOMENT_TYPE,
    ExpectedDecision,
    Happening,
    MomentRule,
    PolicyCase,
    Switch,
    named,
)
from streams.authoring.policies.customer_reader import NOBODY_KNOWN, Customer, made_touchpoint, read_customer
from streams.detection.document import Listing, Mapping, Node, Scalar, read_document
from streams.detection.errors import RuleFileError
from streams.detection.fields import TOUCHPOINT_FIELDS
from streams.detection.reader import Reader, Section, described, did_you_mean
from streams.detection.repetition import repeated
from streams.detection.time_line import read_fields, read_offset, read_start
from streams.outreach import ALL, CONSENT_TYPES, Policy, PolicyFileError

MOST_CASES, MOST_HAPPENINGS = 500, 500
MOST_BYTES, MOST_NODES = 512 * 1024, 50_000
STATUSES = ("triggered", "refused", "deferred", "cancelled")
FILE_KEYS = ("policy", "customer", "cases")
CASE_KEYS = ("name", "each", "start", "customer", "time_line", "until", "decisions")
TIMES = ("not_before", "deliver_until", "expires_at")
WORDS = ("action", "reason", "channel")
_MOMENT_KEYS = ("at", "arrives", "moment", "rule", "mode", "expires_after")
_TOUCHPOINT = "{at: 0s, type: consent.withdrawn, purpose: care, channel: sms}"
_MOMENT = "{at: 0s, moment: a, rule: queue.abandoned}"
_DECISION = "{at: 0s, moment: a, status: triggered}"


def parse_policy_cases(text: str, filename: str, policy: Policy, rules: Iterable[str]) -> list[PolicyCase]:
    """The cases of a test file for that policy.

    Args:
        text: the file, YAML.
        filename: how messages name it.
        policy: what is tested.
        rules: ids that moments may have, besides those that the policy answers.

    Raises:
        PolicyFileError: with every mistake in the file.
    """
    reader, known = Reader(), tuple(sorted({*rules, *policy.by_moment}))
    cases: list[PolicyCase | None] = []
    try:
        document = read_document(text, filename, MOST_BYTES, MOST_NODES)
    except RuleFileError as error:
        raise PolicyFileError(filename, error.mistakes) from None
    section = reader.section(document, "a policy test", FILE_KEYS)
    if section is not None:
        named = section.required("policy", "write the id of the policy that is tested")
        if named is not None and reader.text(named, "'policy'") not in (None, policy.id):
            reader.note(named, f"the tests are for '{getattr(named, 'text', '')}'", f"the policy is '{policy.id}'")
        customer = read_customer(reader, section.value("customer"), NOBODY_KNOWN)
        listed = section.required("cases", "write a list of cases, each with name, time_line and decisions")
        if listed is not None:
            if not isinstance(listed, Listing) or not 1 <= len(listed.items) <= MOST_CASES:
                reader.note(listed, f"'cases' is {described(listed)}", f"write a list of 1 to {MOST_CASES} cases")
            else:
                cases = [case for node in listed.items for case in _cases(reader, node, customer, known)]
    if reader.mistakes:
        raise PolicyFileError(filename, reader.mistakes)
    return [case for case in cases if case is not None]


def _cases(reader: Reader, node: Node, customer: Customer, rules: tuple[str, ...]) -> list[PolicyCase | None]:
    before, cases = len(reader.mistakes), []
    for one, ending in repeated(reader, node):
        cases.append(_case(reader, one, customer, rules, ending))
        if len(reader.mistakes) > before:
            break  # the others would say the same
    return cases


def _case(reader: Reader, node: Node, default: Customer, rules: tuple[str, ...], ending: str) -> PolicyCase | None:
    section = reader.section(node, "a case", CASE_KEYS)
    if section is None:
        return None
    title = section.required("name", "say what the case shows, as a sentence")
    name = reader.text(title, "'name'") if title is not None else None
    start = read_start(reader, section.value("start"))
    customer = read_customer(reader, section.value("customer"), default)
    line = _TimeLine(reader, customer.id, start, rules)
    for number, item in enumerate(section.items("time_line", MOST_HAPPENINGS)):
        line.read(item, number)
    decisions = [
        _decision(reader, item, start, tuple(line.moments)) for item in section.items("decisions", MOST_HAPPENINGS)
    ]
    until = section.value("until")
    closing = read_offset(reader, until, "'until'") if until is not None else None
    before = [Happening(one["occurred_at"], one) for one in customer.touchpoints(start)]
    return PolicyCase(
        (name or "") + ending,
        node.line,
        start,
        tuple(line.rules.values()),
        tuple(sorted([*before, *line.happenings], key=lambda happening: happening.at)),
        None if closing is None else start + closing,
        tuple(decision for decision in decisions if decision is not None),
    )


class _TimeLine:
    """The time line of a case as it is read: happenings, and the rules that its moments need."""

    def __init__(self, reader: Reader, customer_id: str, start: int, rules: tuple[str, ...]) -> None:
        self.happenings: list[Happening] = []
        self.moments: list[str] = []
        self.rules: dict[str, MomentRule] = {}
        self._reader = reader
        self._customer_id = customer_id
        self._start = start
        self._known = rules

    def read(self, node: Node, number: int) -> None:
        """Take in one entry."""
        reader = self._reader
        if not isinstance(node, Mapping):
            reader.note(node, f"an entry of the time line is {described(node)}", f"write {_MOMENT} or {_TOUCHPOINT}")
            return
        section = Section(reader, node, "an entry of the time line")
        at_node, arrives_node = section.required("at", f"write {_MOMENT} or {_TOUCHPOINT}"), section.value("arrives")
        at = read_offset(reader, at_node, "'at'") if at_node is not None else None
        arrives = read_offset(reader, arrives_node, "'arrives'") if arrives_node is not None else at
        if at is None or arrives is None:
            return
        occurred_at, arrives = self._start + at, self._start + arrives
        if section.has("pause") or section.has("resume"):
            self._switch(node, arrives)
        elif section.has("moment"):
            self._moment(section, occurred_at, arrives)
        elif section.required("type", f"write {_MOMENT} or {_TOUCHPOINT}") is not None:
            fields = read_fields(reader, node, {}, ("at", "arrives", "of"), self._start)
            self._touchpoint(f"touchpoint-{number}", fields, occurred_at, arrives, self._reported(section))

    def _switch(self, node: Mapping, arrives: int) -> None:
        section = self._reader.section(node, "a switch", ("at", "pause", "resume"))
        assert section is not None
        word = "pause" if section.has("pause") else "resume"
        target_node = section.value(word)
        target = self._reader.text(target_node, f"'{word}'") if target_node is not None else None
        if target is not None:
            self.happenings.append(Happening(arrives, Switch(ALL if target == "all" else target, word == "pause")))

    def _moment(self, section: Section, occurred_at: int, arrives: int) -> None:
        reader, rule_node = self._reader, section.required("rule", f"write {_MOMENT}")
        id_node, mode_node, expiry_node = (section.value(key) for key in ("moment", "mode", "expires_after"))
        name = reader.text(id_node, "'moment'") if id_node is not None else None
        rules = reader.listing(rule_node, "'rule'", reader.text, least=1) if rule_node is not None else None
        mode = reader.choice(mode_node, "mode", ("live", "shadow")) if mode_node is not None else "live"
        if expiry_node is not None:
            section.duration("expires_after")
        if name is None or rules is None or mode is None or rule_node is None or id_node is None:
            return
        if name in self.moments:
            reader.note(id_node, f"two moments have the id '{name}'", "give each its own")
        else:
            self.moments.append(name)
        fields = read_fields(reader, section.node, {}, _MOMENT_KEYS, self._start)
        keep = tuple(field for field in fields if field not in TOUCHPOINT_FIELDS)
        expires_after = expiry_node.text if isinstance(expiry_node, Scalar) else None
        for rule in rules:
            if rule not in self._known:
                reader.note(rule_node, f"no rule '{rule}'", did_you_mean(rule, self._known))
            self._need(section, MomentRule(rule, mode, expires_after, keep))
        made = {**fields, "type": MOMENT_TYPE, MAKES: "".join(map(named, rules))}
        self._touchpoint(name, made, occurred_at, arrives)

    def _need(self, section: Section, rule: MomentRule) -> None:
        known = self.rules.get(rule.id, rule)
        if (known.mode, known.expires_after) != (rule.mode, rule.expires_after):
            self._reader.note(
                section.node, f"moments of '{rule.id}' differ in mode or expires_after", "write two cases"
            )
        self.rules[rule.id] = replace(rule, keep=tuple(dict.fromkeys((*known.keep, *rule.keep))))

    def _reported(self, section: Section) -> str | None:
        node, reader = section.value("of"), self._reader
        name = reader.text(node, "'of'") if node is not None else None
        if name is not None and name not in self.moments and node is not None:
            known = ", ".join(self.moments) or "none"
            reader.note(node, f"no moment has the id '{name}' so far", f"known are {known}")
        return name

    def _touchpoint(
        self, event_id: str, fields: dict[str, Value], occurred_at: int, arrives: int, of: str | None = None
    ) -> None:
        properties = {name: value for name, value in fields.items() if name not in TOUCHPOINT_FIELDS}
        if fields["type"] in CONSENT_TYPES and "channel" in fields:
            properties["channel"] = fields["channel"]  # what the consent is for, wherever it was said
        made = made_touchpoint(event_id, self._customer_id, str(fields["type"]), occurred_at, properties)
        reserved = ("customer_id", "type", "event_id", "occurred_at")
        for name in TOUCHPOINT_FIELDS:
            if name in fields and name not in reserved:
                made[name] = fields[name]  # type: ignore[literal-required]
        self.happenings.append(Happening(arrives, made, of))


def _decision(reader: Reader, node: Node, start: int, moments: tuple[str, ...]) -> ExpectedDecision | None:
    section = reader.section(node, "a decision", ("at", "moment", "status", *WORDS, "attempt", *TIMES, "inputs"))
    if section is None:
        return None
    at_node, moment_node, status_node = (
        section.required(key, f"write {_DECISION}") for key in ("at", "moment", "status")
    )
    at = read_offset(reader, at_node, "'at'") if at_node is not None else None
    moment = reader.text(moment_node, "'moment'") if moment_node is not None else None
    status = reader.choice(status_node, "status", STATUSES) if status_node is not None else None
    if moment is not None and moment not in moments and moment_node is not None:
        reader.note(moment_node, f"no moment has the id '{moment}'", f"known are {', '.join(moments) or 'none'}")
    facts: dict[str, Value] = {}
    for key in WORDS:
        if (word_node := section.value(key)) is not None:
            facts[key] = reader.text(word_node, f"'{key}'")
    for key in TIMES:
        if (time_node := section.value(key)) is not None:
            offset = read_offset(reader, time_node, f"'{key}'")
            facts[key] = None if offset is None else start + offset
    if (attempt_node := section.value("attempt")) is not None:
        facts["attempt"] = reader.whole(attempt_node, "'attempt'", 1, 1_000)
    if status in ("refused", "cancelled") and "reason" not in facts:
        reader.note(
            section.node, f"a {status} decision without its reason", f"write {{..., status: {status}, reason: ...}}"
        )
    inputs = _inputs(section)
    if at is None or moment is None or status is None:
        return None
    return ExpectedDecision(start + at, moment, status, facts, inputs)


def _inputs(section: Section) -> dict[str, str]:
    node, reader = section.value("inputs"), section.reader
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        reader.note(node, f"'inputs' is {described(node)}", "write {quiet_hours: {overridden: yes}}")
        return {}
    inputs: dict[str, str] = {}
    for check, noted in node.entries:
        for name, value in noted.entries if isinstance(noted, Mapping) else ():
            inputs[f"{check.text}.{name.text}"] = value.text if isinstance(value, Scalar) else ""
        if not isinstance(noted, Mapping):
            reader.note(noted, f"inputs of '{check.text}' are {described(noted)}", "write {overridden: yes}")
    return inputs
