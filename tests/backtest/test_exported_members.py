"""The package's public door."""

from __future__ import annotations

import streams.backtest


def test_the_door_is_sorted_and_everything_behind_it_is_there() -> None:
    names = streams.backtest.__all__
    assert len(names) == 22
    assert sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name)) == names
    assert [name for name in names if not hasattr(streams.backtest, name)] == []
