"""Whether a moment is answered: policy, checks, decision. Pure."""

from streams.outreach.decision import decide
from streams.outreach.errors import PolicyFileError
from streams.outreach.parser import parse_policy
from streams.outreach.policy import NO_POLICY, Action, Policy
from streams.outreach.state import CONSENT_TYPES, OpenMoment, OutreachState

__all__ = [
    "CONSENT_TYPES",
    "NO_POLICY",
    "Action",
    "OpenMoment",
    "OutreachState",
    "Policy",
    "PolicyFileError",
    "decide",
    "parse_policy",
]
