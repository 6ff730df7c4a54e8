"""The overview dashboard: every panel's query runs and answers right on a small known set."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.query import QueryResult

from sinks import apply_ddl, connect
from streams.settings import Settings
from streams.topics import DEAD, DECISIONS, EMOTIONS, MOMENTS, TOUCHPOINTS, TRIGGERS, VERDICTS
from tests.deploy.files import read_text, read_yaml
from tests.deploy.panels import View, dashboard, expanded, panels
from tests.sinks.samples import at, dead_letter, decision, emotion, insert, moment, touchpoint, trigger, verdict
from tests.sinks.service import Service

VIEW = View("2027-01-15 06:00:00", "2027-01-15 08:30:00")
"""Samples lie in the log from 2027-01-15 08:00:00 on, one ms apart by their offset."""

PANELS = {panel["title"]: panel for panel in panels("momentous-clickhouse")}
NUMBERS = ("UInt", "Int", "Float", "Decimal")
LATER = 10_000_000
"""Offset of records that reach the log after the view, so that they count only where their own times do."""


@pytest.fixture(scope="module")
def known(clickhouse: Service) -> Iterator[Settings]:
    """A database with the known set: every number in this module can be counted here by hand."""
    ours = Settings(clickhouse_url=clickhouse.url, clickhouse_database=f"t{uuid.uuid4().hex[:10]}")
    client = connect(ours)
    apply_ddl(client, ours.clickhouse_database)
    _fill(ours)
    _fill_what_it_did(ours)
    yield ours
    client.command(f"DROP DATABASE {ours.clickhouse_database}", use_database=False)
    client.close()


@pytest.fixture
def shown(known: Settings) -> Iterator[Client]:
    """A client of that database, as Grafana's reader is one."""
    client = connect(known)
    yield client
    client.close()


def _fill(ours: Settings) -> None:
    day = "2027-01-15"
    insert(
        ours,
        TOUCHPOINTS,
        *(touchpoint("agent.connected", f"{day} 07:0{n}:00", channel="voice", wait_seconds=10) for n in range(3)),
        touchpoint("agent.connected", f"{day} 07:10:00", channel="voice", wait_seconds=21),
        touchpoint("queue.abandoned", f"{day} 07:20:00", channel="voice", wait_seconds=30),
        touchpoint("queue.abandoned", f"{day} 07:20:00", channel="voice", wait_seconds=4),
        touchpoint("product.viewed", f"{day} 06:00:00", channel="web"),
        touchpoint("product.viewed", f"{day} 08:00:00", channel="web"),
        again := touchpoint("product.viewed", f"{day} 08:00:00", channel="web"),
        touchpoint("product.viewed", f"{day} 05:59:59", channel="web"),
    )
    insert(ours, VERDICTS, verdict(again, 8))
    insert(
        ours,
        MOMENTS,
        moment("queue.abandoned", f"{day} 07:59:59.990"),
        moment("queue.abandoned", f"{day} 07:59:59.901"),
        moment("queue.abandoned", f"{day} 07:59:59.901", phase="resolved"),
        moment("contact.third", f"{day} 07:59:59.003", emotion="frustrated"),
        moment("contact.third", f"{day} 06:00:00", emotion="frustrated", mode="shadow"),
        moment("contact.third", f"{day} 05:59:59", emotion="frustrated"),
        moment("contact.third", f"{day} 06:30:00", emotion="frustrated"),
    )
    refused: dict[str, Any] = {"status": "refused", "decided_at": at(f"{day} 07:30:00")}
    insert(
        ours,
        DECISIONS,
        decision(decided_at=at(f"{day} 06:30:00")),
        decision("no_consent", **refused),
        decision("no_consent", **refused),
        decision("frequency_cap", **refused, rule="contact.third"),
        decision("no_consent", **refused, mode="shadow"),
        decision("quiet_hours", "deferred", decided_at=at(f"{day} 07:30:00")),
        decision(decided_at=at(f"{day} 05:30:00")),
    )
    insert(
        ours, DEAD, dead_letter(), dead_letter(), dead_letter(stage="rule", reason="rule_error", rule="flow.abandoned")
    )


def _fill_what_it_did(ours: Settings) -> None:
    day = "2027-01-15"
    insert(
        ours,
        EMOTIONS,
        emotion("frustrated", 0.0, 0.5, f"{day} 06:10:00"),
        emotion("frustrated", 0.5, 0.75, f"{day} 06:20:00"),
        emotion("frustrated", 0.75, 0.25, f"{day} 07:10:00", cause="resolution"),
        emotion("joyful", 0.0, 0.25, f"{day} 07:20:00"),
        emotion("joyful", 0.0, 0.9, f"{day} 05:20:00"),
        first_offset=LATER,
    )
    in_view = {"created_at": at(f"{day} 07:00:00")}
    insert(
        ours,
        TRIGGERS,
        trigger(trigger_id="one", **in_view),
        trigger(trigger_id="two", **in_view),
        trigger(trigger_id="three", **in_view),
        trigger(trigger_id="rehearsed", sandbox=True, **in_view),
        trigger(trigger_id="earlier", created_at=at(f"{day} 05:00:00")),
        first_offset=LATER,
    )
    insert(
        ours,
        TOUCHPOINTS,
        *(touchpoint(f"outreach.{what}", f"{day} 09:40:00", trigger_id="one") for what in ("sent", "sent", "opened")),
        touchpoint("outreach.sent", f"{day} 09:40:00", trigger_id="two"),
        touchpoint("outreach.bounced", f"{day} 09:41:00", trigger_id="two"),
        touchpoint("outreach.sent", f"{day} 09:40:00", trigger_id="earlier"),
        first_offset=LATER,
    )
    # Two weeks before: 100 treated customers of whom 40 came to a good end, 100 held out of whom 20 did.
    drawn = [(f"{group}{number}", group == "held") for group in ("treated", "held") for number in range(100)]
    good = [customer for customer, held_out in drawn if int(re.sub(r"\D", "", customer)) < (20 if held_out else 40)]
    insert(ours, DECISIONS, *(_drawn(customer, held_out) for customer, held_out in drawn), first_offset=LATER)
    insert(
        ours,
        MOMENTS,
        *(
            moment(moment_id=f"of {one}", customer_id=one, phase="resolved", detected_at="2027-01-02 00:00:00")
            for one in good
        ),
        first_offset=LATER,
    )


def _drawn(customer: str, held_out: bool) -> dict[str, Any]:
    """A decision two weeks before the view that came as far as the check ``holdout``."""
    reason, status = ("holdout", "refused") if held_out else ("ok", "triggered")
    check = {"name": "holdout", "passed": not held_out, "reason": reason, "inputs": {}}
    more = {"customer_id": customer, "moment_id": f"of {customer}", "checks": [check], "action": "call.back"}
    return decision(reason, status, decided_at=at("2027-01-01 00:00:00"), **more)


def asked(client: Client, title: str, view: View = VIEW) -> list[list[Any]]:
    """The panel's rows, times as text."""
    return [[_plain(value) for value in row] for row in answer(client, title, view).result_rows]


def answer(client: Client, title: str, view: View = VIEW) -> QueryResult:
    """What ClickHouse says to the panel's query; it may only read."""
    sql = expanded(PANELS[title]["targets"][0]["rawSql"], view)
    return client.query(sql, settings={"readonly": 2})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%H:%M:%S.%f").removesuffix(".000000").removesuffix("000")
    return round(value, 4) if isinstance(value, float) else value


# -- right numbers ------------------------------------------------------------------------------

ANSWERS: dict[str, list[list[Any]]] = {
    "Touchpoints": [[8]],  # ten, less one before six o'clock, less the duplicate
    "Moments": [[4]],
    "Resolved": [[0.25]],
    "Contacts": [[1]],
    "Refused": [[0.75]],  # three of four; a deferred one is not answered yet
    "Dead letters": [[3]],
    "Moments by emotion": [["06:00:00", "frustrated", 1], ["07:00:00", "frustrated", 1], ["07:00:00", "stressed", 2]],
    "Decisions": [["06:00:00", "triggered", 1], ["07:00:00", "deferred", 1], ["07:00:00", "refused", 3]],
    "Moments by rule": [
        ["contact.third", "frustrated", 2, 0, "live"],
        ["queue.abandoned", "stressed", 2, 1, "live"],
        ["contact.third", "frustrated", 1, 0, "shadow"],
    ],
    "Why not": [["no_consent", 2], ["frequency_cap", 1]],
    "Emotional levels": [
        ["06:00:00", "frustrated", 0.625],
        ["07:00:00", "frustrated", 0.25],
        ["07:00:00", "joyful", 0.25],
    ],
    "Levels that rose": [["06:00:00", "frustrated", 2], ["07:00:00", "joyful", 1]],
    # Three triggers that are no rehearsal: two sent, of which one was opened and one bounced; one silent.
    "What became of outreach": [["call-back", "sms", 3, 2, 0, 1, 1, *[0] * 11, 1]],
    "Did it help": [
        ["call.back", rule, 100, 40, 100, 20, 0, 0, 0.4, 0.2, 0.2, 0.0731, 0.3185, "helped"]
        for rule in ("(all)", "queue.abandoned")
    ],
    "Touchpoints by channel": [["06:00:00", "web", 1], ["07:00:00", "voice", 6], ["08:00:00", "web", 1]],
    "Contact centre": [["07:00:00", 0.6, 0.2]],  # 3 of 4 answered + 1 who hung up after 30 s; 1 of the same 5
    "From detection to the log": [["08:00:00", 1000, 7201005]],  # of 10, 100, 1000, 5400006 and 7201005 ms
    "Newest row by table": [
        ["dead_letters", 3, "08:00:00.002", 1800],
        ["decisions", 7, "08:00:00.006", 1800],
        ["moments", 7, "08:00:00.006", 1800],
        ["touchpoints", 10, "08:00:00.009", 1800],
        ["triggers", 0, None, None],
        ["verdicts", 1, "08:00:00", 1800],
    ],
    "What was not accepted": [["08:00:00", "duplicate", 1]],
    "Dead letters by reason": [
        ["decode", "cut_short", "", 2, "08:00:00.001"],
        ["rule", "rule_error", "flow.abandoned", 1, "08:00:00.002"],
    ],
}


@pytest.mark.parametrize("title", ANSWERS)
def test_a_panel_shows_the_numbers_counted_by_hand(shown: Client, title: str) -> None:
    assert asked(shown, title) == ANSWERS[title]


@pytest.mark.parametrize(
    ("title", "query", "values"),
    [
        (
            "What became of outreach",
            "outcomes",
            {"since": "$__fromTime_ms", "until": "$__toTime_ms", "action": "''"},
        ),
        (
            "Did it help",
            "lift",
            {
                "action": "''",
                "rule": "''",
                "good": "'moment.resolved'",
                "bad": "''",
                "within_seconds": "toFloat64(604800)",
                "minimum": "toUInt32(100)",
                "since": "($__toTime_ms - INTERVAL 90 DAY)",
                "until": "$__toTime_ms",
            },
        ),
    ],
)
def test_a_panel_asks_what_the_command_asks(title: str, query: str, values: dict[str, str]) -> None:
    lines = read_text(f"sinks/queries/{query}.sql").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("-- "))
    assert PANELS[title]["targets"][0]["rawSql"] == re.sub(r"\{(\w+):[^}]*\}", lambda found: values[found[1]], text)


def test_every_panel_on_clickhouse_has_its_answer_here() -> None:
    assert list(PANELS) == list(ANSWERS)


def test_a_choice_of_rules_holds_for_all_that_has_rules(shown: Client) -> None:
    view = View(VIEW.start, VIEW.end, rules=("contact.third", "o'clock"))
    assert {
        title: asked(shown, title, view) for title in ("Moments", "Resolved", "Contacts", "Refused", "Why not")
    } == {
        "Moments": [[2]],
        "Resolved": [[0]],
        "Contacts": [[0]],
        "Refused": [[1]],
        "Why not": [["frequency_cap", 1]],
    }


def test_wider_bars_hold_the_sums_of_the_narrow_ones(shown: Client) -> None:
    view = View(VIEW.start, VIEW.end, interval_seconds=6 * 3600)
    assert asked(shown, "Touchpoints by channel", view) == [["06:00:00", "voice", 6], ["06:00:00", "web", 2]]


def test_a_choice_of_a_time_without_anything_shows_no_share_of_nothing(shown: Client) -> None:
    view = View("2027-02-01 00:00:00", "2027-02-01 06:00:00")
    assert [asked(shown, title, view) for title in ("Touchpoints", "Resolved", "Refused")] == [
        [[0]],
        [[None]],
        [[None]],
    ]


def test_the_variable_offers_every_rule_that_found_anything(shown: Client) -> None:
    (variable,) = dashboard()["templating"]["list"]
    rows = shown.query(expanded(variable["query"]["rawSql"], VIEW)).result_rows
    assert [row[0] for row in rows] == ["contact.third", "queue.abandoned"]


# -- the columns that the kind of panel needs -----------------------------------------------------


def kinds(found: QueryResult) -> list[str]:
    """For each column ``time``, ``number`` or ``text``."""
    names = [str(kind.name).removeprefix("LowCardinality(").removeprefix("Nullable(") for kind in found.column_types]
    return ["time" if name.startswith("Date") else "number" if name.startswith(NUMBERS) else "text" for name in names]


@pytest.mark.parametrize("title", [title for title, panel in PANELS.items() if panel["type"] == "timeseries"])
def test_a_time_series_has_time_then_perhaps_a_name_then_numbers_in_the_order_of_time(
    shown: Client, title: str
) -> None:
    found = answer(shown, title)
    assert found.column_names[0] == "time"
    assert kinds(found)[0] == "time"
    named = [kind for kind in kinds(found)[1:] if kind == "text"]
    assert kinds(found)[1:] == [*named[:1], *["number"] * (len(kinds(found)) - 1 - len(named))]
    times = [row[0] for row in found.result_rows]
    assert times == sorted(times)


@pytest.mark.parametrize("title", [title for title, panel in PANELS.items() if panel["type"] == "stat"])
def test_a_single_figure_is_one_number(shown: Client, title: str) -> None:
    found = answer(shown, title)
    assert (kinds(found), len(found.result_rows)) == (["number"], 1)


@pytest.mark.parametrize("title", [title for title, panel in PANELS.items() if panel["type"] == "bargauge"])
def test_bars_have_a_name_and_a_number(shown: Client, title: str) -> None:
    assert kinds(answer(shown, title)) == ["text", "number"]


# -- the file -------------------------------------------------------------------------------------


def test_panels_lie_beside_each_other_and_inside_the_page() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_panels_are_told_apart() -> None:
    ids = [panel["id"] for panel in dashboard()["panels"]]
    titles = [panel["title"] for panel in dashboard()["panels"]]
    assert (len(set(ids)), len(set(titles))) == (len(ids), len(titles))


def test_every_panel_uses_a_provisioned_datasource() -> None:
    provisioned = {source["uid"]: source["type"] for source in datasources()}
    used = {(target["datasource"]["uid"], target["datasource"]["type"]) for target in targets()}
    assert used <= set(provisioned.items())


def test_no_macro_is_expanded_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match=r"no macro is known as \$__timeGroup with 1 arguments"):
        expanded("SELECT $__timeGroup(x)", VIEW)


def datasources() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_yaml("deploy/grafana/provisioning/datasources/momentous.yaml")["datasources"]
    return found


def targets() -> list[dict[str, Any]]:
    return [target for panel in dashboard()["panels"] for target in panel.get("targets", [])]
