"""The operators: what a rule's ``detect`` can say, one class each."""

from streams.detection.operators.burst import Burst, Near
from streams.detection.operators.cleared import Cleared
from streams.detection.operators.either import Either
from streams.detection.operators.event import Event
from streams.detection.operators.habit import Habit
from streams.detection.operators.level import Level
from streams.detection.operators.numbers import Baseline, Total, Trend
from streams.detection.operators.operator import Arrival, Frame, Late, Listener, Match, Operator, Outcome, Timer
from streams.detection.operators.pattern import Before, Pattern, PatternStep
from streams.detection.operators.promise import Promise
from streams.detection.operators.ratio import Ratio
from streams.detection.operators.rhythm import Rhythm
from streams.detection.operators.score import Score
from streams.detection.operators.sequence import Absence, Sequence, Step
from streams.detection.operators.series import Series
from streams.detection.operators.window import Day, Window

__all__ = [
    "Absence",
    "Arrival",
    "Baseline",
    "Before",
    "Burst",
    "Cleared",
    "Day",
    "Either",
    "Event",
    "Frame",
    "Habit",
    "Late",
    "Level",
    "Listener",
    "Match",
    "Near",
    "Operator",
    "Outcome",
    "Pattern",
    "PatternStep",
    "Promise",
    "Ratio",
    "Rhythm",
    "Score",
    "Sequence",
    "Series",
    "Step",
    "Timer",
    "Total",
    "Trend",
    "Window",
]
