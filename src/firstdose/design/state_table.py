"""The frozen table of a rule that reads every level: what it makes of each state that the design reaches.

A model's judgement is arithmetic in floating point, and where it hangs on a limit another machine may decide
otherwise. So the judgements are computed once, for every state that the design can reach, and kept as whole
numbers: conduct, exact characteristics and paths read them. Counts outside the table, such as those of a cohort
with a participant who could not be evaluated, are judged by the model when they come up.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from firstdose.design.exact.state_graph import enumerate_states
from firstdose.design.model_rules import ModelRule, build_model_rule
from firstdose.design.specification import DesignSpecification
from firstdose.design.stepping import IntArray, Judgement, guard_rule

_GAMMA = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1

Bytes = NDArray[np.uint8]


class StateTable(msgspec.Struct, frozen=True):
    """Judgements of a model as whole numbers, one byte each.

    ``states`` has one row for each state that is judged: participants per level, DLTs per level, current level.
    ``judgements`` has for each the action, the highest open level, whether the part is too toxic, and the place
    of the reason in ``reasons``. ``ends`` has one row for each end at which an MTD is chosen: participants and
    DLTs per level, the highest open level; ``selected`` the MTD of each, 0 for none. Rows are sorted.
    """

    n_levels: int
    reasons: tuple[str, ...]
    states: bytes
    judgements: bytes
    ends: bytes
    selected: bytes

    @property
    def n_states(self) -> int:
        """How many states are judged."""
        return len(self.states) // (2 * self.n_levels + 1)


def compile_state_table(spec: DesignSpecification) -> StateTable:
    """Judge every state that a design with a model reaches.

    Parameters
    ----------
    spec : DesignSpecification
        Without faults.
    """
    rule = build_model_rule(spec)
    states, judgements, ends, selected = _Rows(), _Rows(), _Rows(), _Rows()

    def judge(n: IntArray, n_dlt: IntArray, level: IntArray) -> Judgement:
        judged = rule.judge(n, n_dlt, level)
        assert judged.reason is not None
        states.add(n, n_dlt, level)
        judgements.add(judged.action, judged.highest, judged.is_too_toxic, judged.reason)
        return judged

    def select(n: IntArray, n_dlt: IntArray, highest: IntArray) -> IntArray:
        found = rule.select(n, n_dlt, highest)
        ends.add(n, n_dlt, highest)
        selected.add(found)
        return found

    nobody = (0,) * spec.n_levels
    enumerate_states(
        guard_rule(spec, judge, select),
        max_n=spec.max_n,
        n=nobody,
        n_dlt=nobody,
        level=spec.start_level,
        max_n_per_level=spec.max_n_per_level,
    )
    judged, made = _sort(states.join(), judgements.join())
    ended, chosen = _sort(ends.join(), selected.join())
    return StateTable(
        n_levels=spec.n_levels,
        reasons=rule.reasons,
        states=judged.tobytes(),
        judgements=made.tobytes(),
        ends=ended.tobytes(),
        selected=chosen.tobytes(),
    )


class _Rows:
    """Rows of bytes that are gathered while the states are walked."""

    def __init__(self) -> None:
        self._pieces: list[Bytes] = []

    def add(self, *columns: IntArray | NDArray[np.bool_]) -> None:
        self._pieces.append(_as_bytes(*columns))

    def join(self) -> Bytes:
        return np.concatenate(self._pieces)


def _as_bytes(*columns: IntArray | NDArray[np.bool_]) -> Bytes:
    return np.column_stack([np.asarray(column).astype(np.uint8) for column in columns])


def _sort(rows: Bytes, values: Bytes) -> tuple[Bytes, Bytes]:
    """Rows in order, each once, with its values."""
    # eight bytes are compared as one number, the first the most significant
    padded = np.zeros((len(rows), -(-rows.shape[1] // 8) * 8), dtype=np.uint8)
    padded[:, : rows.shape[1]] = rows
    words = padded.view(">u8").astype(np.uint64)
    order = np.lexsort(words.T[::-1])
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (words[order[1:]] != words[order[:-1]]).any(axis=1)
    first = order[is_new]
    return rows[first], values[first]


class _Index:
    """Finds rows among many by a number that is made of each."""

    def __init__(self, rows: Bytes) -> None:
        width = rows.shape[1]
        self._factors = np.array([_mix(place + 1) | 1 for place in range(width)], dtype=np.uint64)
        numbers = self._number(rows)
        self._order = np.argsort(numbers)
        self._numbers, self._rows = numbers[self._order], rows
        assert (np.diff(self._numbers) > 0).all()

    def _number(self, rows: Bytes) -> NDArray[np.uint64]:
        found = np.zeros(len(rows), dtype=np.uint64)
        for place, factor in enumerate(self._factors):
            found += rows[:, place].astype(np.uint64) * factor
        return found

    def find(self, rows: Bytes) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The place of each row, and whether it is there at all."""
        if not len(self._rows):
            return np.zeros(len(rows), dtype=np.intp), np.zeros(len(rows), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self._numbers, self._number(rows)), len(self._numbers) - 1)
        place = self._order[at]
        return place, (self._rows[place] == rows).all(axis=1)


def _mix(number: int) -> int:
    """A number with well spread bits; SplitMix64's finalizer (Steele, Lea and Flood 2014)."""
    number = number * _GAMMA & _WORD
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _WORD
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _WORD
    return number ^ number >> 31


class FrozenRule(NamedTuple):
    """A model's rule that reads its table first; ``is_frozen`` tells which states stand in it."""

    rule: ModelRule
    is_frozen: Callable[[IntArray, IntArray, IntArray], NDArray[np.bool_]]


@lru_cache(maxsize=32)
def open_state_table(spec: DesignSpecification, table: StateTable) -> FrozenRule:
    """The rule of a model as its frozen table says, and as the model says for counts outside the table.

    Parameters
    ----------
    spec : DesignSpecification
    table : StateTable
        Compiled from it.
    """
    model = build_model_rule(spec)
    width = 2 * table.n_levels + 1
    states, ends = (
        np.frombuffer(rows, dtype=np.uint8).reshape(-1, width) for rows in (table.states, table.ends)
    )
    judgements = np.frombuffer(table.judgements, dtype=np.uint8).reshape(len(states), -1).astype(np.int16)
    selected = np.frombuffer(table.selected, dtype=np.uint8).astype(np.int16)
    states_index, ends_index = _Index(states), _Index(ends)

    def judge(n: IntArray, n_dlt: IntArray, level: IntArray) -> Judgement:
        place, is_there = states_index.find(_as_bytes(n, n_dlt, level))
        action, highest, toxic, reason = judgements[place].T
        is_too_toxic = toxic.astype(np.bool_)
        if not is_there.all():
            new = np.flatnonzero(~is_there)
            action, highest, reason = action.copy(), highest.copy(), reason.copy()
            said = model.judge(n[new], n_dlt[new], level[new])
            assert said.reason is not None
            action[new], highest[new], is_too_toxic[new] = said.action, said.highest, said.is_too_toxic
            reason[new] = said.reason
        return Judgement(action, highest, is_too_toxic, reason)

    def select(n: IntArray, n_dlt: IntArray, highest: IntArray) -> IntArray:
        place, is_there = ends_index.find(_as_bytes(n, n_dlt, highest))
        found: IntArray = selected[place] if len(selected) else np.zeros(len(n), dtype=np.int16)
        if not is_there.all():
            new = np.flatnonzero(~is_there)
            found = found.copy()
            found[new] = model.select(n[new], n_dlt[new], highest[new])
        return found

    def is_frozen(n: IntArray, n_dlt: IntArray, level: IntArray) -> NDArray[np.bool_]:
        return states_index.find(_as_bytes(n, n_dlt, level))[1]

    return FrozenRule(ModelRule(judge, select, model.reasons), is_frozen)
