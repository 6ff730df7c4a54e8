"""Whether a moment is answered: policy, checks, decision. Pure."""

from streams.outreach.decision import decide
from streams.outreach.errors import PolicyFileError
from streams.outreach.parser import parse_policy
from streams.outreach.policy import NO_POLICY, Action, Policy
from streams.outreach.state import OpenMoment, OutreachState, is_consent

__all__ = [
    "NO_POLICY",
    "Action",
    "OpenMoment",
    "OutreachState",
    "Policy",
    "PolicyFileError",
    "decide",
    "is_consent",
    "parse_policy",
]
