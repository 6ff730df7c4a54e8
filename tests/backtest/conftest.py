"""The little history on disk, and its backtest from any source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from schemas import Codec
from streams.backtest import Report, Source, WarmUp, backtest, choose, read_period, warm_up
from tests.backtest.small_history import FROM, TO, ZONE, write
from tests.sinks.conftest import clickhouse, client, ours

__all__ = ["clickhouse", "client", "ours"]

Made = Callable[..., Report]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With rules, policy and history."""
    return write(tmp_path)


@pytest.fixture
def made(folder: Path) -> Made:
    """A backtest of the new version over a source."""
    return partial(made_in, folder)


def made_in(
    folder: Path,
    source: Source,
    rule: str = "new.yaml",
    against: str | None = None,
    warm: WarmUp | None = None,
    period: tuple[str, str, str] = (FROM, TO, ZONE),
    examples: int = 10,
) -> Report:
    """A backtest of ``rule`` in the folder, beside what runs there now."""
    choice = choose(str(folder / rule), against, [folder / "now"])
    policy = choice.together(choice.candidate).policy
    lead = warm or warm_up(choice.candidate.rule, policy)
    return backtest(source, choice, policy, read_period(*period), lead, Codec(), examples)
