"""Every state that a design reaches, participant by participant of each cohort, with the ways to get there."""

from collections.abc import Callable
from math import comb
from typing import NamedTuple

from tests.double.every_state.steps import Counts, Step

State = tuple[Counts, Counts, int]


class Walk(NamedTuple):
    """States with the step taken in each, and ends with the number of ways that lead there."""

    steps: dict[State, Step]
    ends: dict[tuple[Counts, Counts, int, bool], float]


def walk(n_levels: int, start_level: int, take: Callable[[list[State]], list[Step]], *, max_n: int) -> Walk:
    """Go through the totals of participants in order; states with one total are asked together."""
    nobody = (0,) * n_levels
    layers: list[dict[State, float]] = [{} for _ in range(max_n + 1)]
    layers[0][nobody, nobody, start_level] = 1.0
    steps: dict[State, Step] = {}
    ends: dict[tuple[Counts, Counts, int, bool], float] = {}
    for total, layer in enumerate(layers):
        # where all were treated the level says nothing any more: states that differ in it are one
        states = list(layer)
        for state, step in zip(states, take(states), strict=True):
            n, y, _ = state
            ways = layer[state]
            steps[state] = step
            if step.size == 0:
                end = n, y, step.level, step.action == "too toxic"
                ends[end] = ends.get(end, 0.0) + ways
                continue
            place, size = step.level - 1, step.size
            more = (*n[:place], n[place] + size, *n[place + 1 :])
            after = total + size
            for events in range(size + 1):
                worse = (*y[:place], y[place] + events, *y[place + 1 :])
                key = more, worse, 1 if after == max_n else step.level
                layers[after][key] = layers[after].get(key, 0.0) + ways * comb(size, events)
        layer.clear()
    return Walk(steps, ends)
