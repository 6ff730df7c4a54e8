"""A little history of which every number is worked out by hand, and the definitions that meet it.

The period is 5 to 7 January 2026 in Berlin, so 4 January 23:00 to 7 January 23:00 UTC. Version 1 of the
rule is for waits over 300 s at the phone and in the chat, version 2 for waits over 100 s at the phone.
The action cools down for a day, so the warm-up begins on 3 January 23:00 UTC.

    what                      UTC                   local    v1    v2   decision of v2
    a consents (sms)          01-01 00:00                               standing
    a page.viewed             01-02 10:00                               before the warm-up
    c agent.connected 500 s   01-04 22:59           4 Jan    not in the period
    a agent.connected 400 s   01-05 22:30           5 Jan    yes   yes  contact by sms
    a agent.connected 200 s   01-05 23:30           6 Jan    -     yes  cool_down
    b queue.abandoned         01-06 09:00           6 Jan    another rule's moment
    b agent.connected 150 s   01-06 10:00           6 Jan    -     yes  consent_none
    b agent.connected 150 s   01-06 10:00           published twice
    b page.viewed             01-06 11:00
    d chat.connected 400 s    01-06 12:00           6 Jan    yes   -
    c queue.abandoned         01-07 22:59:59.999    7 Jan    another rule's moment
    x agent.connected 120 s   01-07 22:59:59.999    7 Jan    -     yes  anonymous
    a queue.abandoned         01-07 23:00           8 Jan    after the period
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas import Touchpoint

DAY = 86_400_000
FROM, TO, ZONE = "2026-01-05", "2026-01-08", "Europe/Berlin"

_RULE = """\
id: wait.long
version: {version}
title: Waited long
description: Waited for more than {seconds} seconds.
emotion: stressed
detect:
  event: {{type: {types}, wait_seconds|gt: {seconds}}}
expires_after: 24h
keep: [wait_seconds]
"""
NEW = _RULE.format(version=2, seconds=100, types="agent.connected")
OLD = _RULE.format(version=1, seconds=300, types="[agent.connected, chat.connected]")
OTHER = """\
id: call.lost
version: 1
title: Hung up
description: Gave up in the queue.
emotion: neglected
detect:
  event: {type: queue.abandoned}
"""
POLICY = """\
id: outreach
version: 3
description: An apology.
actions:
  - id: wait.apology
    moments: [wait.long]
    class: service
    purpose: care
    channels: [sms]
    template: sorry
    cool_down: 1d
"""


def at(text: str) -> int:
    """ms UTC of ``01-05 22:30`` in 2026."""
    return round(datetime.fromisoformat(f"2026-{text}+00:00").timestamp() * 1000)


def touchpoint(event_id: str, customer_id: str, kind: str, when: str, **properties: Any) -> Touchpoint:
    """One of the bank of this history; ``anon:`` customers are not identified."""
    return {
        "event_id": event_id,
        "source": "test",
        "customer_id": customer_id,
        "identified": not customer_id.startswith("anon:"),
        "channel": "chat" if kind.startswith("chat") else "web" if kind.startswith("page") else "voice",
        "type": kind,
        "occurred_at": at(when),
        "correlation_id": None,
        "session_id": None,
        "identities": {},
        "properties": dict(sorted(properties.items())),
    }


def history() -> list[Touchpoint]:
    """In the order in which it was published."""
    twice = touchpoint("b2", "b", "agent.connected", "01-06 10:00", wait_seconds=150)
    return [
        touchpoint("a0", "a", "consent.given", "01-01 00:00", purpose="care", channel="sms"),
        touchpoint("a1", "a", "page.viewed", "01-02 10:00", page="home"),
        touchpoint("c1", "c", "agent.connected", "01-04 22:59", wait_seconds=500),
        touchpoint("a2", "a", "agent.connected", "01-05 22:30", wait_seconds=400),
        touchpoint("a3", "a", "agent.connected", "01-05 23:30", wait_seconds=200),
        touchpoint("b1", "b", "queue.abandoned", "01-06 09:00", wait_seconds=30),
        twice,
        twice,
        touchpoint("b3", "b", "page.viewed", "01-06 11:00", page="<script>alert('x')</script>"),
        touchpoint("d1", "d", "chat.connected", "01-06 12:00", wait_seconds=400),
        touchpoint("c2", "c", "queue.abandoned", "01-07 22:59:59.999", wait_seconds=5),
        touchpoint("x1", "anon:x", "agent.connected", "01-07 22:59:59.999", wait_seconds=120),
        touchpoint("a4", "a", "queue.abandoned", "01-07 23:00", wait_seconds=5),
    ]


def write(folder: Path) -> Path:
    """Rules and policy as files, ``new.yaml`` beside the folder ``now``; the history as JSON lines."""
    now = folder / "now"
    now.mkdir()
    (now / "wait.long.yaml").write_text(OLD)
    (now / "call.lost.yaml").write_text(OTHER)
    (now / "policy.yaml").write_text(POLICY)
    (folder / "new.yaml").write_text(NEW)
    (folder / "history.jsonl").write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in history()))
    return folder
