"""Whether a moment is answered: policy, checks, decision. Pure."""

from streams.outreach.checks import REASONS
from streams.outreach.decision import decide
from streams.outreach.errors import PolicyFileError
from streams.outreach.parser import parse_policy
from streams.outreach.pause import ALL, LONGEST_REASON, NO_PAUSES, BadPause, Pause, Pauses, parse_pause
from streams.outreach.policy import NO_POLICY, Action, Policy
from streams.outreach.state import CONSENT_TYPES, OpenMoment, OutreachState

__all__ = [
    "ALL",
    "CONSENT_TYPES",
    "LONGEST_REASON",
    "NO_PAUSES",
    "NO_POLICY",
    "REASONS",
    "Action",
    "BadPause",
    "OpenMoment",
    "OutreachState",
    "Pause",
    "Pauses",
    "Policy",
    "PolicyFileError",
    "decide",
    "parse_pause",
    "parse_policy",
]
