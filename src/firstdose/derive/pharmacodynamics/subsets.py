"""B-cell subsets as shares of the CD19+ cells."""

from decimal import Decimal
from enum import Enum

import msgspec

from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text


class Subset(Enum):
    """A subset in the CD19+ gate, with its name and its markers."""

    TRANSITIONAL = (Text("Transitional", "过渡性B细胞"), "CD24hi CD38hi")
    NAIVE = (Text("Naive", "初始B细胞"), "CD27- IgD+")
    UNSWITCHED_MEMORY = (Text("Unswitched memory", "未转换记忆B细胞"), "CD27+ IgD+")
    SWITCHED_MEMORY = (Text("Switched memory", "类别转换记忆B细胞"), "CD27+ IgD-")
    DOUBLE_NEGATIVE = (Text("Double negative", "双阴性B细胞"), "CD27- IgD-")
    PLASMABLAST = (Text("Plasmablast", "浆母细胞"), "CD27hi CD38hi")

    @property
    def text(self) -> Text:
        """The name for a reader."""
        return self.value[0]

    @property
    def markers(self) -> str:
        """The markers within the CD19+ gate."""
        return self.value[1]


class SubsetShares(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of the CD19+ cells in percent at one time."""

    naive_percent: Decimal | NotDerived
    switched_memory_percent: Decimal | NotDerived
    plasmablast_percent: Decimal | NotDerived


def derive_subset_share(
    n_subset: int | None, n_parent: int | None, *, min_parent: int
) -> Decimal | NotDerived:
    """Share of a subset among the CD19+ cells counted [%].

    Parameters
    ----------
    n_subset, n_parent : int or None
        Cells counted by the cytometer in the subset and in the CD19+ gate.
    min_parent : int
        Fewer CD19+ cells than this give no share; this many do.

    Returns
    -------
    Decimal
    NotDerived
        ``not_measured``, ``parent_count_too_small`` or ``count_out_of_range``.

    Examples
    --------
    >>> derive_subset_share(30, 120, min_parent=50)
    Decimal('25')
    >>> derive_subset_share(3, 12, min_parent=50).reason
    'parent_count_too_small'
    """
    if n_subset is None or n_parent is None:
        return NotDerived("not_measured", "the cells were not counted")
    if not 0 <= n_subset <= n_parent:
        return NotDerived("count_out_of_range", f"{n_subset} of {n_parent} cells is not a share")
    if n_parent < max(min_parent, 1):
        return NotDerived("parent_count_too_small", f"{n_parent} CD19+ cells counted, {min_parent} needed")
    return Decimal(100) * n_subset / n_parent


def derive_immune_reset(baseline: SubsetShares, reconstituted: SubsetShares) -> bool | NotDerived:
    """Whether naive B cells rose and switched memory B cells and plasmablasts fell, all as shares.

    Returns
    -------
    bool
        False if any part is known to fail, true only if all are known to hold.
    NotDerived
        ``share_not_known``.
    """
    parts = (
        _rose(baseline.naive_percent, reconstituted.naive_percent),
        _rose(reconstituted.switched_memory_percent, baseline.switched_memory_percent),
        _rose(reconstituted.plasmablast_percent, baseline.plasmablast_percent),
    )
    if any(part is False for part in parts):
        return False
    unknown = next((part for part in parts if isinstance(part, NotDerived)), None)
    return True if unknown is None else NotDerived("share_not_known", unknown.detail)


def _rose(low: Decimal | NotDerived, high: Decimal | NotDerived) -> bool | NotDerived:
    if isinstance(low, NotDerived):
        return low
    if isinstance(high, NotDerived):
        return high
    return low < high
