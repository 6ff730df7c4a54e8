"""The page: parsed as a browser would, and shown by a real one where there is one."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from streams.backtest import Report, as_html, file_source
from streams.backtest.report import Failure
from tests.backtest.conftest import made_in
from tests.backtest.small_history import touchpoint, write
from tests.unavailable import unavailable

_VOID = {"meta", "br", "line", "rect"}


class Page(HTMLParser):
    """Its elements, and whether each one that was opened was closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(data.strip())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = write(tmp_path_factory.mktemp("history"))
    return made_in(folder, file_source(folder / "history.jsonl"))


@pytest.fixture(scope="module")
def page(report: Report) -> Page:
    return Page(as_html(report))


def test_every_element_that_is_opened_is_closed(page: Page) -> None:
    assert page.open == []


def test_nothing_is_fetched_and_nothing_runs(page: Page) -> None:
    assert [tag for tag, _ in page.elements if tag in ("script", "link", "img", "iframe", "object", "form", "a")] == []
    addresses = [value for _, given in page.elements for name, value in given.items() if name in ("src", "href")]
    assert addresses == []
    (policy,) = (meta for meta in page.of("meta") if meta.get("http-equiv"))
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_what_a_customer_wrote_is_text(page: Page) -> None:
    assert any("page <script>alert('x')</script>" in words for words in page.words)


def test_hostile_names_stay_text_everywhere(tmp_path: Path) -> None:
    folder = write(tmp_path)
    hostile = '"><img src=x onerror=alert(1)>'
    one = touchpoint("e", hostile, "agent.connected", "01-06 10:00", wait_seconds=150, note=hostile)
    (folder / "history.jsonl").write_bytes(msgspec.json.encode(one) + b"\n")
    page = Page(as_html(made_in(folder, file_source(folder / "history.jsonl"))))
    assert page.of("img") == []
    assert any(hostile in words for words in page.words)


def test_every_chart_has_a_name_a_description_and_its_numbers_beside_it(page: Page) -> None:
    charts = page.of("svg")
    assert len(charts) == 5
    assert {chart["role"] for chart in charts} == {"img"}
    ids = {given["id"] for _, given in page.elements if given.get("id")}
    for chart in charts:
        assert set((chart["aria-labelledby"] or "").split()) <= ids
    assert len(page.of("table")) >= len(charts)


def test_every_table_has_a_caption_and_heads_with_a_scope(page: Page) -> None:
    assert len(page.of("caption")) == len(page.of("table"))
    assert {head["scope"] for head in page.of("th")} == {"col"}


def test_a_rule_that_failed_is_named_beside_the_result(report: Report) -> None:
    failed = msgspec.structs.replace(report, failures=[Failure(rule="wait.long", detail="KeyError", times=2)])
    warning = "wait.long failed 2 times (KeyError): what it would have found there is missing."
    assert warning in Page(as_html(failed)).words
    assert warning not in Page(as_html(report)).words


def test_the_numbers_of_the_report_stand_in_the_page(page: Page) -> None:
    headline = "4 moments of 3 customers in 3 days; the policy would have made 1 contact and stopped 3."
    assert headline in page.words
    assert "consent_none" in page.words


def test_an_empty_result_says_what_it_may_mean(tmp_path: Path) -> None:
    folder = write(tmp_path)
    empty = made_in(folder, file_source(folder / "history.jsonl"), period=("2026-01-02", "2026-01-03", "UTC"))
    page = Page(as_html(empty))
    assert page.open == []
    assert "No moment in this period." in page.words
    assert any("No touchpoint of a type that the rule listens to" in words for words in page.words)


def test_a_browser_shows_it(report: Report, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        unavailable("no browser", "chromium is not on the path")
    file, shown = tmp_path / "report.html", tmp_path / "report.png"
    file.write_text(as_html(report), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command = [browser, *options, "--window-size=1000,3000", f"--screenshot={shown}", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    dom = done.stdout.decode()
    assert dom.count("<svg") == 5
    assert "onerror" not in dom
    assert shown.stat().st_size > 10_000
