"""deliver.yaml, read: to its end, or to every mistake in it."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast

from streams.delivery.bucket import Capacity
from streams.delivery.endpoint import DEFAULT_FAILURES, DEFAULT_OPEN_MS, DeliverFile, Endpoint, Mailing, Wording
from streams.delivery.errors import DeliverFileError, HostileTarget
from streams.delivery.schedule import STANDARD_RETRIES_MS
from streams.delivery.target import Network, read_target
from streams.detection.document import Mapping, Node
from streams.detection.reader import Reader, Section, read_definition
from streams.outreach.policy_words import CHANNELS

KINDS = ("webhook", "smtp", "gateway")
_FILE_KEYS = ("allow_networks", "endpoints")
_ANY_KIND = (
    "name", "kind", "channels", "actions", "sandbox", "capacity", "backlog",
    "timeout", "concurrency", "retries", "circuit",
)  # fmt: skip
_CALLED = ("url", "plain_http")
_WORDED = ("templates", "address", "lookup")
KEYS = {
    "webhook": (*_ANY_KIND, *_CALLED, "secrets", "cancellations"),
    "smtp": (*_ANY_KIND, *_WORDED, "host", "port", "security", "from", "user", "password", "unsubscribe"),
    "gateway": (*_ANY_KIND, *_CALLED, *_WORDED, "headers", "body"),
}
_NAME = r"[a-z][a-z0-9_-]{0,49}"
_NAME_REMEDY = "write up to 50 lower-case letters, digits, - and _, like contact-centre"
_ACTION = r"[a-z][a-z0-9_]*([.-][a-z0-9_]+)*"
_VARIABLE = r"[A-Z_][A-Z0-9_]{0,99}"
_VARIABLE_REMEDY = "name an environment variable, like MAILER_SECRET; the secret itself never stands in this file"
_FACT = r"[A-Za-z_][A-Za-z0-9_.-]{0,99}"
_HOOK = r"[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*"
_HOST = r"[A-Za-z0-9._:-]{1,253}"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


def read_deliver_file(path: Path) -> DeliverFile:
    """The endpoints of a file; folders in it are relative to it.

    Raises:
        OSError: it cannot be read.
        DeliverFileError: with every mistake in it.
    """
    return parse_deliver_file(path.read_text(encoding="utf-8", errors="replace"), str(path), path.parent)


def parse_deliver_file(text: str, filename: str, folder: Path = Path()) -> DeliverFile:
    """As ``read_deliver_file``, of a text."""
    read = partial(_file, folder)
    return read_definition(text, filename, "a file of endpoints", _FILE_KEYS, read, DeliverFileError)


def _file(folder: Path, section: Section) -> DeliverFile | None:
    reader = section.reader
    allowed: tuple[Network, ...] | None = ()
    if (node := section.value("allow_networks")) is not None:
        allowed = reader.listing(node, "'allow_networks'", partial(_network, reader), most=100)
    listed = section.required("endpoints", "list at least one, with name, kind and where it is")
    if listed is None or allowed is None:
        return None
    read = partial(_endpoint, reader, folder, allowed)
    endpoints = reader.listing(listed, "'endpoints'", read, most=100, least=1)
    if endpoints is None:
        return None
    for name, count in Counter(one.name for one in endpoints).items():
        if count > 1:
            reader.note(listed, f"endpoint '{name}' is there {count} times", "give each its own name")
    return DeliverFile(endpoints, allowed)


def _network(reader: Reader, node: Node, what: str) -> Network | None:
    text = reader.text(node, f"an entry of {what}")
    if text is None:
        return None
    try:
        return ip_network(text)
    except ValueError as error:
        reader.note(node, f"{what} has '{text}' ({error})", "write a network, like 10.20.0.0/16 or fd00::/8")
        return None


def _endpoint(reader: Reader, folder: Path, allowed: tuple[Network, ...], node: Node, what: str) -> Endpoint | None:
    kind = _kind(reader, node, what)
    if kind is None:
        return None
    section = reader.section(node, f"an endpoint of kind {kind}", KEYS[kind])
    assert section is not None
    name_node = section.required("name", _NAME_REMEDY)
    name = reader.matching(name_node, "'name'", _NAME, _NAME_REMEDY) if name_node is not None else None
    before = len(reader.mistakes)
    made: dict[str, Any] = {
        "sandbox": section.flag("sandbox"),
        "cancellations": kind == "webhook" and section.flag("cancellations", default=True),
        "channels": _words(section, "channels", lambda node, _: reader.choice(node, "channel", CHANNELS)),
        "actions": _words(section, "actions", lambda node, what: reader.matching(node, what, _ACTION, _ACTION_REMEDY)),
        "capacity": _capacity(section),
        "retries_ms": _retries(section),
        **_bounds(section),
    }
    if kind != "smtp":
        made["target"] = _target(section, allowed)
    if kind != "webhook":
        made["wording"] = _wording(section, folder)
    if kind == "webhook":
        secrets = section.required("secrets", _VARIABLE_REMEDY)
        if secrets is not None:
            made["secrets"] = reader.listing(secrets, "'secrets'", partial(_variable, reader), most=5, least=1)
    elif kind == "smtp":
        made["mailing"] = _mailing(section)
    else:
        made["headers"] = _pairs(section, "headers", partial(_variable, reader))
        made["body"] = _pairs(section, "body", reader.text, needed="write what the gateway takes, like to: $address")
    if name is None or len(reader.mistakes) > before:
        return None
    return Endpoint(name, kind, **made)  # type: ignore[arg-type]


_ACTION_REMEDY = "write an action of the policy, like call.back"


def _kind(reader: Reader, node: Node, what: str) -> str | None:
    if not isinstance(node, Mapping):
        reader.note(node, f"an entry of {what} is no endpoint", "write one with name, kind and where it is")
        return None
    found = {key.text: value for key, value in node.entries}.get("kind")
    if found is None:
        reader.note(node, "an endpoint has no 'kind'", f"one of {', '.join(KINDS)}")
        return None
    return reader.choice(found, "kind", KINDS)


def _target(section: Section, allowed: tuple[Network, ...]) -> Any:
    node = section.required("url", "write where it is, like https://mailer.example.com/hooks")
    url = section.reader.text(node, "'url'") if node is not None else None
    if node is None or url is None:
        return None
    try:
        return read_target(url, plain_http=section.flag("plain_http"), allowed=allowed)
    except HostileTarget as error:
        section.reader.note(
            node,
            f"'url' {error}",
            "write a public https URL; private networks need 'allow_networks', http needs 'plain_http: true'",
        )
        return None


def _bounds(section: Section) -> dict[str, Any]:
    reader, made = section.reader, cast(dict[str, Any], {})
    if (node := section.value("timeout")) is not None:
        made["timeout_ms"] = reader.duration(node, "'timeout'", 100, 120_000)
    if (node := section.value("concurrency")) is not None:
        made["concurrency"] = reader.whole(node, "'concurrency'", 1, 1_000)
    if (node := section.value("backlog")) is not None:
        made["backlog"] = reader.whole(node, "'backlog'", 1, 100_000)
    if (node := section.value("circuit")) is not None:
        part = reader.section(node, "'circuit'", ("failures", "open"))
        if part is not None:
            failures = part.value("failures")
            made["failures"] = DEFAULT_FAILURES if failures is None else reader.whole(failures, "'failures'", 1, 1_000)
            made["open_ms"] = part.duration("open") or DEFAULT_OPEN_MS
    return made


def _capacity(section: Section) -> Capacity | None:
    node = section.value("capacity")
    part = section.reader.section(node, "'capacity'", ("count", "per", "burst", "when_full")) if node else None
    if part is None:
        return None
    reader = part.reader
    count_node = part.required("count", "write how many it takes, like count: 20")
    per_node = part.required("per", "write in which time, like per: 1h")
    count = reader.whole(count_node, "'count'", 1, 1_000_000) if count_node is not None else None
    per_ms = reader.duration(per_node, "'per'") if per_node is not None else None
    burst_node, full_node = part.value("burst"), part.value("when_full")
    burst = reader.whole(burst_node, "'burst'", 1, 1_000_000) if burst_node is not None else count
    full = reader.choice(full_node, "when_full", ("wait", "refuse")) if full_node is not None else "wait"
    if count is None or per_ms is None or burst is None:
        return None
    return Capacity(count, per_ms, burst, full == "refuse")


def _retries(section: Section) -> tuple[int, ...] | None:
    node = section.value("retries")
    if node is None:
        return STANDARD_RETRIES_MS
    return section.reader.listing(node, "'retries'", lambda one, what: section.reader.duration(one, what), most=30)


def _wording(section: Section, folder: Path) -> Wording | None:
    reader = section.reader
    node = section.required("templates", "name the folder with the texts, like templates: texts")
    templates = reader.text(node, "'templates'") if node is not None else None
    address_node, lookup_node = section.value("address"), section.value("lookup")
    if address_node is None and lookup_node is None:
        remedy = "name the fact in the context that is the address, or 'lookup: package.module:function'"
        reader.note(section.node, f"{section.what} has neither 'address' nor 'lookup'", remedy)
    address = reader.matching(address_node, "'address'", _FACT, "write the name of a fact") if address_node else ""
    lookup = reader.matching(lookup_node, "'lookup'", _HOOK, "write package.module:function") if lookup_node else ""
    if templates is None:
        return None
    if node is not None and not (folder / templates).is_dir():
        reader.note(node, f"'templates' names {templates}, which is no folder", "make it, beside this file")
    return Wording(folder / templates, address or "", lookup or "")


def _mailing(section: Section) -> Mailing | None:
    reader = section.reader
    host_node = section.required("host", "write the mail server's name")
    from_node = section.required("from", "write the sender, like Care <care@example.com>")
    host = reader.matching(host_node, "'host'", _HOST, "write a name or an address") if host_node is not None else None
    pattern, remedy = r"[^\r\n]*[^\s@<>,]+@[^\s@<>,]+>?", "write Name <name@example.com>"
    sender = reader.matching(from_node, "'from'", pattern, remedy) if from_node is not None else None
    port_node, security_node = section.value("port"), section.value("security")
    port = reader.whole(port_node, "'port'", 1, 65_535) if port_node is not None else 587
    kinds = ("starttls", "tls", "none")
    security = reader.choice(security_node, "security", kinds) if security_node is not None else "starttls"
    login = {
        key: _variable(reader, node, f"'{key}'")
        for key in ("user", "password")
        if (node := section.value(key)) is not None
    }
    unsubscribe = section.flag("unsubscribe", default=True)
    if host is None or sender is None or port is None or security is None or None in login.values():
        return None
    texts = {key: text for key, text in login.items() if text is not None}
    return Mailing(host, port, cast(Any, security), sender, unsubscribe=unsubscribe, **texts)


def _words(section: Section, key: str, read: Any) -> tuple[str, ...] | None:
    node = section.value(key)
    return () if node is None else section.reader.listing(node, f"'{key}'", read, most=500, least=1)


def _variable(reader: Reader, node: Node, what: str) -> str | None:
    return reader.matching(node, f"an entry of {what}", _VARIABLE, _VARIABLE_REMEDY)


def _pairs(section: Section, key: str, read: Any, needed: str = "") -> dict[str, str] | None:
    node = section.required(key, needed) if needed else section.value(key)
    if node is None:
        return None if needed else {}
    if not isinstance(node, Mapping):
        section.reader.note(node, f"'{key}' is no mapping", "write 'name: value' lines")
        return None
    found: dict[str, str] = {}
    for name, value in node.entries:
        if _HEADER.fullmatch(name.text) is None:
            section.reader.note(name, f"'{name.text[:60]}' is no name of a field", "use letters, digits and -")
        elif (text := read(value, f"'{key}'")) is not None:
            found[name.text] = text
    return found
