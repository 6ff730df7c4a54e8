"""What a change names is looked up among what the log knows."""

from __future__ import annotations

import pytest

from streams.controls import ACTIVATE, PUBLISH, RETIRE, ROLL_BACK, SHADOW
from streams.controls import activation as made
from streams.customer.definitions import Definitions
from streams.live_changes import ChangeRefused, change_to
from tests.customer.log import HUNG_UP, POLICY

NAME = "queue.abandoned"


def text(version: int) -> str:
    return HUNG_UP.replace("version: 1", f"version: {version}")


@pytest.fixture
def known() -> Definitions:
    """Versions 1 to 4 are known and 3 runs; a policy is published and never ran."""
    definitions = Definitions()
    for version, change in ((1, ACTIVATE), (2, PUBLISH), (3, ACTIVATE), (4, PUBLISH)):
        told = made("rule", NAME, version, text(version), change)["activation"]
        assert told is not None
        definitions.activate(told)
    told = made("policy", "outreach", 1, POLICY, PUBLISH)["activation"]
    assert told is not None
    definitions.activate(told)
    return definitions


@pytest.mark.parametrize(
    ("change", "asked", "version"),
    [
        pytest.param(ACTIVATE, 4, 4, id="a version asked for"),
        pytest.param(SHADOW, None, 3, id="the one that runs"),
        pytest.param(ROLL_BACK, None, 2, id="the one before"),
        pytest.param(ROLL_BACK, 1, 1, id="an earlier one asked for"),
        pytest.param(RETIRE, None, 3, id="whatever runs"),
    ],
)
def test_a_change_carries_the_full_text_of_the_version_meant(
    known: Definitions, change: str, asked: int | None, version: int
) -> None:
    assert change_to(known, NAME, change, asked) == made("rule", NAME, version, text(version), change)


def test_an_id_may_be_a_policys(known: Definitions) -> None:
    assert change_to(known, "outreach", ACTIVATE, 1) == made("policy", "outreach", 1, POLICY)


@pytest.mark.parametrize(
    ("name", "change", "asked", "says"),
    [
        (NAME, ACTIVATE, 9, "rule queue.abandoned has no v9 in the log, only v1, v2, v3, v4; publish it first"),
        ("queue.left", ACTIVATE, 1, "nothing is called queue.left in the log; look with `momentous rules list`"),
        (
            "queue.abandond",
            ACTIVATE,
            1,
            "nothing is called queue.abandond in the log; did you mean 'queue.abandoned'? ",
        ),
        ("outreach", RETIRE, None, "policy outreach does not run; look with `momentous rules list`"),
        ("outreach", ROLL_BACK, None, "policy outreach has no earlier version in the log; publish a better one"),
    ],
)
def test_what_the_log_does_not_know_is_refused_with_what_it_knows(
    known: Definitions, name: str, change: str, asked: int | None, says: str
) -> None:
    with pytest.raises(ChangeRefused) as refused:
        change_to(known, name, change, asked)
    assert str(refused.value).startswith(says)
