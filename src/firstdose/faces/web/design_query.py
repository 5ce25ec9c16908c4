"""What a reader asks of the comparison of designs, read from an address; or one sentence on what is wrong."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from firstdose.faces.web.design_sheet import OWN, Column, list_columns
from firstdose.protocol.resolved import Part, Protocol
from firstdose.simulate.whole_trial import SCENARIOS
from firstdose.terms.measures import read_decimal
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

MOST_ALTERNATIVES = 4
"""Designs beside the protocol's that fit on a screen."""
FIRST_SHOWN = ("three_plus_three", "i3_plus_3", "keyboard", "boin")
"""Alternatives from which the first three are shown unless others are asked for."""
N_FIRST_SHOWN = 3
LONGEST_QUOTE = 40
LOWEST_RATE, HIGHEST_RATE = 0.05, 0.5
"""Of the curve that is shown first where no preset has enough levels."""


class Preset(msgspec.Struct, frozen=True):
    """A curve to begin with; fewer levels take its first rates, if it still means what its title says."""

    key: str
    title: Text
    rates: tuple[float, ...]
    fewest_levels: int = 1


PRESETS = (
    Preset("A", Text("target at level 4", "目标在水平 4"), SCENARIOS["A"], 4),
    Preset("B", Text("all safe", "均安全"), SCENARIOS["B"]),
    Preset("C", Text("target at level 6", "目标在水平 6"), SCENARIOS["C"], 6),
    Preset("D", Text("target at level 2", "目标在水平 2"), SCENARIOS["D"], 2),
    Preset("E", Text("all toxic", "均过毒"), SCENARIOS["E"]),
)
"""Five curves for a target rate of 0.25: in the middle, at the top, low, and with no level to find."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A part, its true rates, the designs side by side, and whether the curve is kept increasing."""

    part: Part
    offered: tuple[Column, ...]
    columns: tuple[Column, ...]
    rates: tuple[float, ...]
    is_increasing: bool


class Wrong(msgspec.Struct, frozen=True):
    """The key of a sentence, with its values."""

    key: str
    values: dict[str, object]


def list_presets(n_levels: int) -> tuple[Preset, ...]:
    """The presets that a part with so many levels can begin with."""
    return tuple(
        msgspec.structs.replace(one, rates=one.rates[:n_levels])
        for one in PRESETS
        if one.fewest_levels <= n_levels <= len(one.rates)
    )


def list_parts(protocol: Protocol) -> tuple[Part, ...]:
    """The parts with a dose rule."""
    return tuple(part for part in protocol.parts if part.design)


def read_question(
    query: Any, protocol: Protocol, specify: Callable[[Any], Any], *, is_complete: bool
) -> Asked | Wrong:
    """What is asked for.

    Parameters
    ----------
    query : QueryDict
        ``part``; ``rates`` and ``designs``, separated by commas or repeated; ``increasing``.
    protocol : Protocol
    specify : callable
        From a part's design to its specification.
    is_complete : bool
        Whether the rates must be there; otherwise what is left out has its first value.
    """
    parts = {part.key: part for part in list_parts(protocol)}
    key = query.get("part") or next(iter(parts), "")
    if key not in parts:
        return Wrong("wrong_part", {"value": quote_words(key), "known": ", ".join(parts)})
    offered = list_columns(specify(parts[key].design))
    n_levels = offered[0].specification.n_levels
    columns = _read_columns(query, offered, is_complete=is_complete)
    if isinstance(columns, Wrong):
        return columns
    if "rates" in query or is_complete:
        rates = read_rates(split_words(query.getlist("rates")), n_levels)
        if isinstance(rates, Wrong):
            return rates
    else:
        rates = choose_first_rates(n_levels)
    return Asked(
        part=parts[key],
        offered=offered,
        columns=columns,
        rates=rates,
        is_increasing=query.get("increasing", "1") != "0",
    )


def read_rates(words: Sequence[str], n_levels: int) -> tuple[float, ...] | Wrong:
    """One rate per level, or the first value that is none."""
    if not any(words):
        return Wrong("wrong_no_rates", {"n": n_levels})
    rates = []
    for level, word in enumerate(words, start=1):
        rate = read_decimal(word)
        if isinstance(rate, NotDerived):
            return Wrong("wrong_not_a_rate", {"value": quote_words(word), "level": level})
        if not 0 <= rate <= 1:
            return Wrong("wrong_outside", {"value": quote_words(word), "level": level})
        rates.append(abs(float(rate)))
    if len(rates) != n_levels:
        return Wrong("wrong_n_rates", {"n": len(rates), "levels": n_levels})
    return tuple(rates)


def choose_first_rates(n_levels: int) -> tuple[float, ...]:
    """The first preset, or a straight line where there are more levels than it has rates."""
    presets = list_presets(n_levels)
    if presets:
        return presets[0].rates
    step = (HIGHEST_RATE - LOWEST_RATE) / (n_levels - 1)
    return tuple(round(LOWEST_RATE + step * level, 2) for level in range(n_levels))


def _read_columns(
    query: Any, offered: tuple[Column, ...], *, is_complete: bool
) -> tuple[Column, ...] | Wrong:
    by_key = {column.key: column for column in offered}
    if "designs" in query or is_complete:
        asked = [key for key in split_words(query.getlist("designs")) if key]
    else:
        asked = [key for key in FIRST_SHOWN if key in by_key][:N_FIRST_SHOWN]
    for key in asked:
        if key not in by_key:
            return Wrong("wrong_design", {"value": quote_words(key), "known": ", ".join(by_key)})
    chosen = [column for column in offered if column.key == OWN or column.key in asked]
    if len(chosen) - 1 > MOST_ALTERNATIVES:
        return Wrong("wrong_n_designs", {"n": len(chosen) - 1, "most": MOST_ALTERNATIVES})
    return tuple(chosen)


def split_words(values: Sequence[str]) -> list[str]:
    """The values of a field that may be repeated or separated by commas."""
    return [word.strip() for value in values for word in value.split(",")]


def quote_words(value: str) -> str:
    """What was written, cut where it is long."""
    return value if len(value) <= LONGEST_QUOTE else value[:LONGEST_QUOTE] + "…"
