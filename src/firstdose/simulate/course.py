"""What was given to a participant, and until when the participant was followed."""

import msgspec


class Infusion(msgspec.Struct, frozen=True):
    """One infusion of the study product: when [d from the first infusion] and how many cells [1e9 cells]."""

    day: float
    cells_1e9: float


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """Lymphodepletion days, infusions in time order and the last day of follow-up.

    Lymphodepletion lies on Day -14 or later: the physiology is at rest before that day. A course may be
    extended by later infusions or a later end; everything before the addition stays as it was.

    Examples
    --------
    >>> Course(lymphodepletion_days=(-5, -4, -3), infusions=(Infusion(0.4, 3.0),), end_d=364.0).end_d
    364.0
    """

    lymphodepletion_days: tuple[int, ...] = ()
    infusions: tuple[Infusion, ...] = ()
    end_d: float = 364.0
