"""The operators: what a rule's ``detect`` can say, one class each."""

from streams.detection.operators.event import Event
from streams.detection.operators.operator import Arrival, Frame, Late, Listener, Match, Operator, Outcome, Timer
from streams.detection.operators.pattern import Before, Pattern, PatternStep
from streams.detection.operators.promise import Promise
from streams.detection.operators.sequence import Absence, Sequence, Step
from streams.detection.operators.window import Window

__all__ = [
    "Absence",
    "Arrival",
    "Before",
    "Event",
    "Frame",
    "Late",
    "Listener",
    "Match",
    "Operator",
    "Outcome",
    "Pattern",
    "PatternStep",
    "Promise",
    "Sequence",
    "Step",
    "Timer",
    "Window",
]
