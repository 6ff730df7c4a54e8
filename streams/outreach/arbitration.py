"""Who goes first when several contacts come into question at the same time. Pure."""

from __future__ import annotations

from schemas import Check
from streams.outreach.candidate import Candidate

_WAITING = "arbitration_wait"


def window_end(candidate: Candidate) -> int | None:
    """Until when a new candidate waits for others to compete with, ms UTC; None: it does not.

    The first that waits opens a window of ``arbitration_wait``; whoever comes meanwhile waits for its end.
    """
    wait = candidate.situation.policy.arbitration_wait
    if not wait or candidate.attempt > 1:
        return None
    now, history = candidate.now, candidate.situation.state.history
    open_until = [one.release_at for one in history.waiting if one.reason == _WAITING] if history else []
    until = min((at for at in open_until if at > now), default=now + wait)
    return until if until < candidate.moment["expires_at"] else None


def ranked(candidates: list[Candidate]) -> list[Candidate]:
    """By priority x value x propensity, of equals the one detected first; the id settles the rest."""
    return sorted(candidates, key=lambda one: (-one.score, one.moment["detected_at"], one.moment["moment_id"]))


def standing(candidate: Candidate, winner: Candidate, competitors: int) -> Check:
    """The check of arbitration: who won, by what."""
    won = candidate is winner
    inputs = {
        "competitors": str(competitors),
        "score": f"{candidate.score:g}",
        "winner": winner.action.id,
        "winner_moment": winner.moment["moment_id"],
        "winner_score": f"{winner.score:g}",
    }
    return {"name": "arbitration", "passed": won, "reason": "ok" if won else "outranked", "inputs": inputs}
