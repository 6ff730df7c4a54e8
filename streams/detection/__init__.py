"""Detection: rules, and the pure engine that finds moments in a customer's touchpoints.

No I/O, no clock, no randomness: the same touchpoints, deadlines and clocks give the same firings
and the same state, byte for byte.
"""

from streams.detection.detector import LATE_GRACE_MS, Detector, Draining
from streams.detection.emotions import Emotions, parse_emotions
from streams.detection.errors import Mistake, RuleFileError
from streams.detection.evidence import Evidence
from streams.detection.feelings import Feelings, Stir
from streams.detection.felt import dominant
from streams.detection.firing import Firing, RuleFailure, moment_id
from streams.detection.levels import Levels
from streams.detection.rule import EMOTIONS, Emotion, Mode, Rule
from streams.detection.rule_reader import parse_rule
from streams.detection.rule_tests import CaseResult, run_rule_tests
from streams.detection.shipped_emotions import shipped_emotions, shipped_emotions_text
from streams.detection.state import DetectionState

__all__ = [
    "EMOTIONS",
    "LATE_GRACE_MS",
    "CaseResult",
    "DetectionState",
    "Detector",
    "Draining",
    "Emotion",
    "Emotions",
    "Evidence",
    "Feelings",
    "Firing",
    "Levels",
    "Mistake",
    "Mode",
    "Rule",
    "RuleFailure",
    "RuleFileError",
    "Stir",
    "dominant",
    "moment_id",
    "parse_emotions",
    "parse_rule",
    "run_rule_tests",
    "shipped_emotions",
    "shipped_emotions_text",
]
