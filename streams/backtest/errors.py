"""What can end a backtest before its report.

BacktestError
├── BadPeriod      the period or its zone cannot be used
├── NoHistory      there is nothing to read
├── BadChoice      the rule, or what it is compared with, cannot be found
└── DoesNotAddUp   two counts of the report that must agree do not
"""

from __future__ import annotations

from streams.errors import MomentousError


class BacktestError(MomentousError):
    """A backtest that cannot be made."""


class BadPeriod(BacktestError):
    """Times that are none, in the wrong order, or a zone that nobody knows."""


class NoHistory(BacktestError):
    """The source holds no touchpoints in the period, nor before it."""


class BadChoice(BacktestError):
    """A rule that is not there, or is not one."""


class DoesNotAddUp(BacktestError):
    """A fault of this program: its report would contradict itself, so there is none."""
