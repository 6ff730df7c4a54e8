"""``momentous policy publish``: only what is valid and passes its tests goes into the log."""

from __future__ import annotations

from pathlib import Path

from schemas import Codec
from streams.settings import Settings
from tests.authoring.policies.small_policy import CASES, HELP, small
from tests.cli.conftest import Run
from tests.kafka.reader import read


def write(folder: Path, version: int = 1, tests: str | None = CASES, actions: str = HELP) -> None:
    file = small("suppressions: [{list: no, classes: [service, promotional]}]\n", actions, tests)
    (folder / "small.yaml").write_text(file.text.replace("version: 1", f"version: {version}"))
    if tests is not None:
        (folder / "small.test.yaml").write_text(tests)


def changes(settings: Settings) -> list[tuple[str, str, int]]:
    """Change, id and version of each activation in the first partition."""
    codec = Codec()
    records = [codec.decode(one.value)[1]["activation"] for one in read(settings, "touchpoints") if one.partition == 0]
    return [(one["change"], one["id"], one["version"]) for one in records]


def test_a_policy_that_would_do_is_valid_and_nothing_is_sent(inside: Run, tmp_path: Path) -> None:
    write(tmp_path)
    told = inside("policy", "publish", "small.yaml", "--dry-run")
    assert (told.code, told.out.splitlines()[-1]) == (0, "valid: policy small v1")


def test_a_test_that_fails_and_nothing_is_published(inside: Run, tmp_path: Path) -> None:
    write(tmp_path, tests=CASES.replace("reason: consent_none", "reason: paused"))
    told = inside("policy", "publish", "small.yaml", "--dry-run")
    assert (told.code, told.out) == (1, "")
    assert told.err.endswith("error: 1 test failed; nothing was published; mend what is named above\n")
    assert "  FAIL  no  (small.test.yaml:7)\n" in told.err


def test_a_mistake_and_nothing_is_published(inside: Run, tmp_path: Path) -> None:
    write(tmp_path, actions=HELP.replace("sms, email", "sms, fax"))
    told = inside("policy", "publish", "small.yaml", "--dry-run")
    assert told.code == 1
    assert told.err.splitlines()[0].startswith("small.yaml:9:21: error: unknown channel 'fax'")
    assert told.err.splitlines()[-1] == "error: 1 error; nothing was published; mend what is named above"


def test_what_is_published_decides_when_it_is_activated(inside: Run, topics: Settings, tmp_path: Path) -> None:
    write(tmp_path)
    published = inside("policy", "publish", "small.yaml", settings=topics)
    activated = inside("policy", "activate", "small", "1", settings=topics)
    assert (published.code, published.out) == (
        0,
        "published in 4 partitions: policy small v1\nlet it decide with: momentous policy activate small 1\n",
    )
    assert (activated.code, activated.out) == (0, "policy small v1 is active from here on in 4 partitions\n")
    assert changes(topics) == [("publish", "small", 1), ("activate", "small", 1)]


def test_a_version_is_one_text_and_a_lower_one_takes_a_roll_back(inside: Run, topics: Settings, tmp_path: Path) -> None:
    write(tmp_path)
    first = inside("policy", "publish", "small.yaml", "--activate", settings=topics)
    assert (first.code, first.out) == (0, "policy small v1 decides from here on in 4 partitions\n")
    write(tmp_path, actions=HELP.replace("cool_down: 1d", "cool_down: 2d"))
    other_text = inside("policy", "publish", "small.yaml", "--activate", settings=topics)
    write(tmp_path, version=2)
    assert inside("policy", "publish", "small.yaml", "--activate", settings=topics).code == 0
    write(tmp_path)
    lower = inside("policy", "publish", "small.yaml", "--activate", settings=topics)
    back = inside("policy", "roll-back", "small", settings=topics)
    assert [one.code for one in (other_text, lower)] == [1, 1]
    assert [one.out for one in (other_text, lower)] == ["", ""]
    assert (back.code, back.out) == (0, "policy small v1 runs again from here on in 4 partitions\n")
    assert changes(topics) == [("activate", "small", 1), ("activate", "small", 2), ("roll_back", "small", 1)]
