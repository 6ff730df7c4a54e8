"""``momentous lift``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the root command."""
    app.command("lift")(lift)


def lift(
    action: Annotated[str, typer.Option(help="Only this action.", metavar="ACTION")] = "",
    rule: Annotated[str, typer.Option(help="Only this rule.", metavar="RULE")] = "",
    within: Annotated[str, typer.Option(help="How long after the decision the end may come.", metavar="TIME")] = "7d",
    good: Annotated[
        str, typer.Option(help="Good ends: touchpoint types, or moment.resolved.", metavar="TYPE,...")
    ] = "moment.resolved",
    bad: Annotated[str, typer.Option(help="Types that must not happen.", metavar="TYPE,...")] = "",
    minimum: Annotated[int, typer.Option(min=1, help="Fewest customers of each group for a claim.")] = 100,
    since: Annotated[str, typer.Option(help="Decided at or after this, UTC.", metavar="TIME")] = "",
    until: Annotated[str, typer.Option(help="Windows that end by this, UTC.", metavar="TIME")] = "",
    json: Annotated[bool, typer.Option("--json", help="A JSON object a row, for other programs.")] = False,
) -> None:
    """Did outreach help? Treated against held-out customers, by action and rule, with a 95 % interval."""
    from sinks.connection import connect
    from sinks.queries import run_query
    from streams.cli.console import say
    from streams.settings import load_settings

    outcome = _outcome(good, bad, within)
    params = {
        "action": action,
        "rule": rule,
        "good": ",".join(outcome.good),
        "bad": ",".join(outcome.bad),
        "within_seconds": str(outcome.within / 1000),
        "minimum": str(minimum),
        **_period(since, until),
    }
    answer = run_query(connect(load_settings()), "lift", params)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    if json:
        import msgspec

        for row in rows:
            say(msgspec.json.encode(row).decode())
        return
    for line in lift_lines(rows, minimum):
        say(line)


def lift_lines(rows: Sequence[Mapping[str, Any]], minimum: int) -> Iterator[str]:
    """The answer in sentences, an action's own line first and its rules below it."""
    if not rows:
        yield "no decision has drawn a group: give the policy or an action a holdout (docs/lift.md)"
        return
    for row in rows:
        name = row["action"] if row["rule"] == "(all)" else f"  {row['rule']}"
        yield f"{name}: {_claim(row, minimum)}"
    compared = sum(row["lift"] is not None for row in rows)
    if compared > 1:
        yield (
            f"{compared} intervals of 95 % each: about one in twenty misses the truth, so trust one that stands out "
            "alone only when it does so again"
        )


def _period(since: str, until: str) -> dict[str, str]:
    """What was given of it, as ClickHouse writes times."""
    given = {name: _utc(text, f"--{name}") for name, text in (("since", since), ("until", until)) if text}
    if len(given) == 2 and given["since"] >= given["until"]:
        raise typer.BadParameter(f"{since} is not before --until {until}", param_hint="--since")
    return {name: at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] for name, at in given.items()}


def _utc(text: str, option: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no time; write a day like 2026-11-23, or a time like 2026-11-23T09:00", param_hint=option
        ) from error
    return read.astimezone(UTC) if read.tzinfo is not None else read.replace(tzinfo=UTC)


def _outcome(good: str, bad: str, within: str) -> Any:
    from streams.detection.durations import duration_ms
    from streams.lift import Outcome

    try:
        length = duration_ms(within)
    except ValueError as error:
        raise typer.BadParameter(
            f"{within!r} is no length of time; write 7d, 12h or 30m", param_hint="--within"
        ) from error
    return Outcome(_names(good), _names(bad), length)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _claim(row: Mapping[str, Any], minimum: int) -> str:
    counts = f"treated {row['treated_good']} of {row['treated']}, held out {row['held_out_good']} of {row['held_out']}"
    more = "".join(
        f", {row[name]} {words}"
        for name, words in (
            ("waiting", "with a window still open"),
            ("switched", "in both groups, counted in the first"),
        )
        if row[name]
    )
    if row["verdict"] == "too few":
        return f"too few for a claim, {minimum} customers are wanted in each group ({counts}{more})"
    if row["verdict"] == "nothing seen":
        return f"no good end of either group: is it the right one? name others with --good ({counts}{more})"
    said = {"helped": "it helped", "harmed": "it did harm", "not shown": "no effect is shown"}[row["verdict"]]
    lift, low, high = (f"{100 * row[name]:+.1f}" for name in ("lift", "low", "high"))
    return f"{said}: {lift} points, 95 % interval {low} to {high} ({counts}{more})"
