"""``docs/operations.md`` and the other pages: what they say of commands, topics and files holds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from streams.cli.failures import EXIT_CODES
from streams.delivery.service import GROUP, REPLAY_GROUP
from streams.settings import ENVIRONMENT_PREFIX, FILE_VARIABLE, Settings
from streams.topics import TOPICS, Topic
from tests.deploy.commands import check_command
from tests.deploy.compose import compose
from tests.deploy.files import ROOT, read_text

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OPERATIONS = read_text("docs/operations.md")
DAY_MS = 86_400_000
MB = 1_048_576

_INLINE = re.compile(r"`(?:\.venv/bin/)?momentous ([^`]+)`")
_LINE = re.compile(r"^(?: {4,}|> )?(?:\$ |\.venv/bin/)?momentous (.+)$", re.MULTILINE)


def commands(page: Path, form: re.Pattern[str]) -> list[list[str]]:
    """Every ``momentous ...`` of a page in one form, as words after the program's name."""
    text = re.sub(r"\\\n\s*", "", page.read_text(encoding="utf-8"))  # a line that goes on in the next one
    return [_words(match[1]) for match in form.finditer(text)]


def _words(line: str) -> list[str]:
    words = shlex.split(line.replace("`", ""), comments=True)
    ends = [words.index(mark) for mark in ("&", "|", "&&", ">") if mark in words]
    return words[: min(ends)] if ends else words


SPOKEN_OF = [(page.name, words) for page in PAGES for words in commands(page, _INLINE)]
TO_TYPE = [(page.name, words) for page in PAGES for words in commands(page, _LINE)]


def _id(case: object) -> str:
    return case if isinstance(case, str) else " ".join(map(str, case if isinstance(case, list) else []))


@pytest.mark.parametrize(("page", "words"), SPOKEN_OF, ids=_id)
def test_a_command_that_a_page_speaks_of_exists(page: str, words: list[str]) -> None:
    check_command(words, may_be_group=True)


@pytest.mark.parametrize(("page", "words"), TO_TYPE, ids=_id)
def test_a_command_that_a_page_gives_to_be_typed_exists(page: str, words: list[str]) -> None:
    check_command(words)


def test_the_pages_tell_commands() -> None:
    assert {"README.md", "operations.md"} <= {page for page, _ in TO_TYPE}
    assert ("operations.md", ["outreach", "pause"]) in SPOKEN_OF
    assert ("operations.md", ["topics", "create", "--no-rules"]) in TO_TYPE


def test_settings_that_a_page_names_exist() -> None:
    known = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.__struct_fields__} | {FILE_VARIABLE}
    # Of compose's own file, not of ours.
    known |= {"MOMENTOUS_IMAGE_TAG"}
    named = {(page.name, name) for page in PAGES for name in re.findall(r"\bMOMENTOUS_[A-Z_]+\b", page.read_text())}
    assert {(page, name) for page, name in named if name not in known} == set()


# -- topics -------------------------------------------------------------------------------------


def told_topics() -> dict[str, list[str]]:
    """The table of topics: name to its other cells."""
    table = OPERATIONS.partition("<!-- topics")[2].partition("<!-- /topics")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {cells[0].strip("`"): cells[1:] for cells in rows}


def cells_of(topic: Topic) -> list[str]:
    """Cleanup, retention and largest record as the page words them."""
    kept = topic.config.get("retention.ms")
    retention = "for ever" if kept is None else f"{int(kept) // DAY_MS} days"
    return [topic.config["cleanup.policy"], retention, f"{int(topic.config['max.message.bytes']) // MB} MB"]


def test_the_page_tells_every_topic_in_order() -> None:
    assert list(told_topics()) == [topic.name for topic in TOPICS]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: str(topic.name))
def test_a_topic_is_as_the_page_tells_it(topic: Topic) -> None:
    assert told_topics()[topic.name][2:5] == cells_of(topic)


def test_all_topics_have_the_timestamps_that_the_page_tells() -> None:
    assert {topic.config["message.timestamp.type"] for topic in TOPICS} == {"LogAppendTime"}


def test_the_rewind_deletes_every_topic_but_the_touchpoints() -> None:
    (listed,) = re.findall(r"for topic in ([^;]+);", OPERATIONS)
    assert sorted(listed.split()) == sorted(topic.name for topic in TOPICS if topic.name != "touchpoints")


# -- groups -----------------------------------------------------------------------------------------


def told_groups() -> list[list[str]]:
    """The table of groups: process, groups, topics read, topics written, transactional.id."""
    table = OPERATIONS.partition("<!-- groups")[2].partition("<!-- /groups")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[4:] if line]


def test_every_group_and_transactional_id_of_the_code_is_told_and_no_other() -> None:
    sources = "".join(
        path.read_text()
        for folder in ("streams", "sinks")
        for path in (ROOT / folder).rglob("*.py")
        if path.parts[-2] != "demo"
    )
    in_code = set(re.findall(r"app_id\}-([a-z-]+)", sources)) | {GROUP, REPLAY_GROUP}
    told = {name for row in told_groups() for name in re.findall(r"`A-([a-z-]+?)(?:NAME)?`", row[1] + row[4])}
    assert told == in_code


def test_topics_that_the_table_of_groups_names_exist_and_each_has_a_writer() -> None:
    known = {topic.name for topic in TOPICS}
    reads = {name for row in told_groups() for name in re.findall(r"`([^`]+)`", row[2])}
    writes = {name for row in told_groups() for name in re.findall(r"`([^`]+)`", row[3])}
    assert reads <= known
    assert writes == known


# -- what else it says ----------------------------------------------------------------------------


def test_the_page_says_that_nothing_was_run() -> None:
    assert "No Docker engine and no Kubernetes cluster existed where this was built" in OPERATIONS
    assert "NOT RUN WHERE IT WAS WRITTEN" in read_text("docker-compose.yml")


def test_services_that_the_page_names_are_those_of_the_compose_file() -> None:
    named = {
        service
        for words in re.findall(
            r"docker compose (?:stop|exec|restart|up --detach --no-deps --build) ([a-z0-9 -]+)", OPERATIONS
        )
        for service in words.split()[: 1 if "exec" in words else None]
    }
    named = {
        service
        for service in named
        if service in compose().services or service.startswith(("worker", "loader", "deliver"))
    }
    assert {"worker-1", "worker-2", "loader", "deliver", "kafka"} <= named <= set(compose().services)


def test_ports_that_the_page_tells_are_those_of_the_compose_file() -> None:
    told = set(re.findall(r"`(?:http://)?localhost:(\d+)`", OPERATIONS))
    assert told == {port.split(":")[1] for service in compose().services.values() for port in service.ports}


def test_exit_codes_are_told_as_the_program_means_them() -> None:
    assert "Exit codes: " + ", ".join(f"{code} {meaning}" for code, meaning in EXIT_CODES.items()) in OPERATIONS


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", OPERATIONS)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


def test_files_that_the_page_names_exist() -> None:
    named = re.findall(r"`((?:deploy|tests|samples)/[^`*]*)`", OPERATIONS)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
