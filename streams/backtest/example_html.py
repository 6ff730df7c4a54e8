"""One example on the page: what the customer went through, the moment, the decision."""

from __future__ import annotations

from html import escape
from zoneinfo import ZoneInfo

from streams.backtest.period import shown_time
from streams.backtest.timeline import Example, Line
from streams.outreach import REASONS


def example_section(example: Example, zone: ZoneInfo) -> str:
    """An article; times in the zone."""
    before = [line for line in example.lines if line.at <= example.detected_at]
    after = [line for line in example.lines if line.at > example.detected_at]
    lines = [*(_line(line, zone) for line in before), _moment(example, zone), *(_line(line, zone) for line in after)]
    title = f"Customer {example.customer_id}, {shown_time(example.detected_at, zone)}: {outcome(example)}"
    return f"<article><h4>{escape(title)}</h4><ol class='line'>{''.join(lines)}</ol>{_checks(example)}</article>"


def outcome(example: Example) -> str:
    """The decision in words."""
    if example.status == "triggered":
        return f"{example.action} by {example.channel}"
    if example.status == "refused":
        return f"no contact, {REASONS.get(example.reason, example.reason)}"
    return f"waiting ({example.reason})" if example.reason else "not decided by the end"


def _line(line: Line, zone: ZoneInfo) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in line.properties.items() if value is not None)
    mark = "<span class='mark' title='evidence'>● evidence</span> " if line.evidence else ""
    told = f"{line.channel} {line.type}" if line.kind == "touchpoint" else f"the moment is {line.type}"
    style = " class='evidence'" if line.evidence else ""
    told = escape(told) + (f" <span class='facts'>{escape(facts)}</span>" if facts else "")
    return f"<li{style}><time>{escape(shown_time(line.at, zone))}</time> {mark}{told}</li>"


def _moment(example: Example, zone: ZoneInfo) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in example.context.items() if value is not None)
    told = f"moment: {example.emotion}" + (f" ({facts})" if facts else "")
    return (
        f"<li class='moment'><time>{escape(shown_time(example.detected_at, zone))}</time> "
        f"{escape(told)}<br>{escape(outcome(example))}</li>"
    )


def _checks(example: Example) -> str:
    if not example.checks:
        return ""
    rows = []
    for check in example.checks:
        inputs = ", ".join(f"{name} {value}" for name, value in check["inputs"].items())
        word = "passed" if check["passed"] else "failed"
        rows.append(
            f"<tr><td>{escape(check['name'])}</td><td>{word}</td>"
            f"<td>{escape(check['reason'])}</td><td>{escape(inputs)}</td></tr>"
        )
    heads = "".join(f"<th scope='col'>{word}</th>" for word in ("check", "result", "reason", "looked at"))
    return (
        f"<details><summary>The checks</summary><table><caption>Checks in their order</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></details>"
    )
