"""The rule of the logistic regression model with overdose control again, for one state."""

from collections.abc import Sequence

NEGLIGIBLE = 0.05


def next_level(p_target: Sequence[float], p_over: Sequence[float], level: int, limit: float) -> int | None:
    """Of the levels up to one above the current and within the limit, the likeliest on target; None stops."""
    allowed = [k for k in range(min(level + 1, len(p_over))) if p_over[k] <= limit]
    if not any(over <= limit for over in p_over):
        return None
    best = max(allowed, key=lambda k: p_target[k])
    return (best if p_target[best] > NEGLIGIBLE else allowed[-1]) + 1
