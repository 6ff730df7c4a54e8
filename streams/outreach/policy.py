"""The policy: which action answers which moment, under which purpose, on which channels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Action:
    """One contact that the firm can make.

    Attributes:
        id: its name, e.g. ``callback.offer``.
        moments: rules whose moments it answers.
        action_class: ``service`` (mandatory or transactional) or ``promotional``.
        purpose: the consent purpose it needs.
        channels: where it may go, preferred first.
        template: which words the outreach system uses.
        cool_down: ms before the same customer gets it again, fixed from the first.
    """

    id: str
    moments: tuple[str, ...]
    action_class: str
    purpose: str
    channels: tuple[str, ...]
    template: str
    cool_down: int


@dataclass(frozen=True)
class Policy:
    """A version of the outreach policy."""

    id: str
    version: int
    description: str
    actions: tuple[Action, ...]

    @cached_property
    def by_moment(self) -> dict[str, Action]:
        """The action of each rule that has one."""
        return {rule: action for action in self.actions for rule in action.moments}


NO_POLICY = Policy(id="none", version=0, description="Nothing is published yet: nobody is contacted.", actions=())
"""What holds before the first policy activation."""
