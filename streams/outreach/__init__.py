"""Whether a moment is answered: policy, checks, decision. Pure."""

from streams.outreach.candidate import Situation
from streams.outreach.checks import REASONS
from streams.outreach.decision import Decided, cancel_waiting, decide, decide_all
from streams.outreach.errors import PolicyFileError
from streams.outreach.hearing import HEARD, PERMISSION_TYPES, cancel_open, hear
from streams.outreach.history import History, Waiting
from streams.outreach.parser import parse_policy
from streams.outreach.pause import ALL, LONGEST_REASON, NO_PAUSES, BadPause, Pause, Pauses, parse_pause
from streams.outreach.person import NO_FACTS
from streams.outreach.policy import NO_POLICY, Action, Policy
from streams.outreach.state import CONSENT_TYPES, OpenMoment, OutreachState

__all__ = [
    "ALL",
    "CONSENT_TYPES",
    "HEARD",
    "LONGEST_REASON",
    "NO_FACTS",
    "NO_PAUSES",
    "NO_POLICY",
    "PERMISSION_TYPES",
    "REASONS",
    "Action",
    "BadPause",
    "Decided",
    "History",
    "OpenMoment",
    "OutreachState",
    "Pause",
    "Pauses",
    "Policy",
    "PolicyFileError",
    "Situation",
    "Waiting",
    "cancel_open",
    "cancel_waiting",
    "decide",
    "decide_all",
    "hear",
    "parse_pause",
    "parse_policy",
]
