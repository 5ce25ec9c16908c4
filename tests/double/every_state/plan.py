"""A design as the walk reads it, and its rule compiled to letters by count."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.double.every_state import level_rules

COUNTING = ("three_plus_three", "rolling_six")


@dataclass(frozen=True)
class Plan:
    """A rule and its guards, in the words of the specification."""

    rule: str
    n_levels: int
    max_n: int
    max_n_per_level: int
    target: Fraction = Fraction(1, 4)
    cohort_size: int = 3
    start_level: int = 1
    mtd_min_n: int = 1
    six_at_mtd: bool = False
    titrates: bool = False
    titrates_until: int | None = None
    stops_at_top: bool = False
    elimination: Fraction = Fraction(19, 20)
    extra_safe_offset: Fraction | None = None
    bounded_mtd: bool = False
    stop_when_n: int | None = None
    overdose_rate: Fraction | None = None
    overdose_probability: Fraction | None = None
    letters: list[list[str]] = field(default_factory=list)
    closed: list[list[bool]] = field(default_factory=list)
    stops: list[list[bool]] = field(default_factory=list)

    @property
    def fewest_at_mtd(self) -> int:
        """Participants that the MTD needs."""
        return max(self.mtd_min_n, 6) if self.six_at_mtd and self.rule in COUNTING else self.mtd_min_n

    def compile(self) -> "Plan":
        """Fill in the letters of every count; rules with a model have none."""
        for n in range(self.max_n_per_level + 1):
            self.letters.append([self._letter(n, y) if n else "S" for y in range(n + 1)])
            self.closed.append([self._is_closed(n, y) for y in range(n + 1)])
            offset = self.extra_safe_offset
            self.stops.append(
                [
                    offset is not None and level_rules.is_closed(n, y, self.target, self.elimination - offset)
                    for y in range(n + 1)
                ]
            )
        return self

    def _letter(self, n: int, y: int) -> str:
        target, low, high = float(self.target), self.target - Fraction(1, 20), self.target + Fraction(1, 20)
        match self.rule:
            case "three_plus_three":
                return level_rules.three_plus_three(n, y)
            case "rolling_six":
                return level_rules.rolling_six(n, y)
            case "boin":
                return level_rules.boin(n, y, target)
            case "i3_plus_3":
                return level_rules.i3_plus_3(n, y, low, high)
            case "keyboard" | "mtpi_2":
                return level_rules.keyboard(n, y, low, high)
            case "mtpi":
                return level_rules.mtpi(n, y, low, high)
            case "tpi":
                return level_rules.tpi(n, y, target)
        return "?"

    def _is_closed(self, n: int, y: int) -> bool:
        if self.rule in COUNTING:
            return y >= 2
        if self.rule in {"crm", "blrm"}:
            return False
        closed = level_rules.is_closed(n, y, self.target, self.elimination)
        if self.overdose_rate is not None and self.overdose_probability is not None:
            closed |= level_rules.is_closed(n, y, self.overdose_rate, self.overdose_probability)
        return closed
