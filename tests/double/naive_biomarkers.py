"""Second implementation of kinetics and biomarkers of a participant: plain loops over plain samples.

Written from the definitions alone. A sample is (seconds from the first infusion, value or None); kinetics
samples have a third place, whether the level was quantifiable. Corrections are applied by the reader.
"""

DAY_S = 86400


def peak(samples: list[tuple[int, float | None, bool]], last_day: int) -> tuple[float, int] | None:
    """Highest quantifiable level after the infusion and the first time at which it was seen."""
    best: tuple[float, int] | None = None
    for seconds, level, is_quantifiable in sorted(samples, key=lambda sample: sample[0]):
        if not is_quantifiable or level is None or seconds <= 0 or seconds > last_day * DAY_S:
            continue
        if best is None or level > best[0]:
            best = (level, seconds)
    return best


def last_quantifiable(samples: list[tuple[int, float | None, bool]], last_day: int) -> int | None:
    """Time of the last quantifiable sample after the infusion."""
    times = [s for s, _, is_quantifiable in samples if is_quantifiable and 0 < s <= last_day * DAY_S]
    return max(times, default=None)


def nadir(samples: list[tuple[int, float | None]]) -> tuple[float, int] | None:
    """Lowest value after the infusion and the first time at which it was seen."""
    after = [(value, seconds) for seconds, value in samples if value is not None and seconds > 0]
    return min(after, default=None)


def highest(samples: list[tuple[int, float | None]], last_day: int) -> tuple[float, int] | None:
    """Highest value after the infusion up to a day, and the first time at which it was seen."""
    inside = [(v, -s) for s, v in samples if v is not None and 0 < s <= last_day * DAY_S]
    if not inside:
        return None
    value, seconds = max(inside)
    return value, -seconds


def before(samples: list[tuple[int, float | None]], start_seconds: int) -> float | None:
    """Last value up to the start of the drugs."""
    known = [(seconds, value) for seconds, value in samples if value is not None and seconds <= start_seconds]
    return max(known)[1] if known else None
