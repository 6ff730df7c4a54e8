"""What a rule would have done, on history: the same core, the policy applied, nothing written to any topic."""

from streams.backtest.active import active_definitions
from streams.backtest.choice import Choice, choose
from streams.backtest.errors import BacktestError, BadChoice, BadPeriod, DoesNotAddUp, NoHistory
from streams.backtest.period import Period, read_period
from streams.backtest.report import Report, as_json
from streams.backtest.report_html import as_html
from streams.backtest.run import backtest
from streams.backtest.source import Source, Wanted
from streams.backtest.source_clickhouse import ClickHouseSource
from streams.backtest.source_file import FORMATS, file_source
from streams.backtest.source_kafka import KafkaSource
from streams.backtest.warm_up import WarmUp, warm_up

__all__ = [
    "FORMATS",
    "BacktestError",
    "BadChoice",
    "BadPeriod",
    "Choice",
    "ClickHouseSource",
    "DoesNotAddUp",
    "KafkaSource",
    "NoHistory",
    "Period",
    "Report",
    "Source",
    "Wanted",
    "WarmUp",
    "active_definitions",
    "as_html",
    "as_json",
    "backtest",
    "choose",
    "file_source",
    "read_period",
    "warm_up",
]
