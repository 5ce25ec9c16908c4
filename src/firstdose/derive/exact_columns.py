"""Columns read without loss: numbers as scaled integers, answers with three values, texts as codes.

A number with up to 8 decimals and up to 7 digits before them is held as an int64 in units of 10^-8, and a
comparison of two such is exact. What does not fit stays a decimal, by row, for the scalar path.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from firstdose.terms.measures import read_decimal

if TYPE_CHECKING:
    import polars as pl

DECIMALS = 8
MAX_WHOLE_DIGITS = 7
SCALE = 10**DECIMALS
MAX_SCALED = 10 ** (DECIMALS + MAX_WHOLE_DIGITS)
"""Every scaled number lies strictly between this and its negative."""

FALSE, UNKNOWN, TRUE = 0, 1, 2
"""Three-valued answers in their order: "all" is the least of the answers, "any" the greatest."""

FITS, MISSING, UNREADABLE, OUTSIDE = 0, 1, 2, 3
"""States of a number: held as an integer, not there, no number, or a decimal that does not fit."""

_PLAIN = rf"^[+-]?[0-9]{{1,{MAX_WHOLE_DIGITS}}}(?:\.[0-9]{{1,{DECIMALS}}})?$"

Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ScaledColumn:
    """Numbers in units of 10^-8, one per row, with the state of each; 0 where the state is not FITS.

    ``outside`` holds the numbers that do not fit, by row.
    """

    scaled: NDArray[np.int64]
    state: Codes
    outside: Mapping[int, Decimal]

    def read(self, row: int) -> Decimal | None:
        """The number of a row; None where there is none."""
        if self.state[row] == OUTSIDE:
            return self.outside[row]
        return Decimal(int(self.scaled[row])).scaleb(-DECIMALS) if self.state[row] == FITS else None


def read_numbers(column: Any, n_rows: int) -> ScaledColumn:
    """Numbers of a column, exactly as they were written.

    Parameters
    ----------
    column : column of text, Decimal or int; one of these for all rows; or None
        Null, None and blank text are missing.
    n_rows : int

    Returns
    -------
    ScaledColumn

    Raises
    ------
    TypeError
        If the column holds binary floats: 1.8 is not what was written.

    Examples
    --------
    >>> read = read_numbers(["1.8", None, "n/a", "0.123456789"], 4)
    >>> read.scaled.tolist(), read.state.tolist(), read.outside
    ([180000000, 0, 0, 0], [0, 1, 2, 3], {3: Decimal('0.123456789')})
    """
    import polars as pl  # noqa: PLC0415 - columns alone need it

    if column is None:
        return ScaledColumn(np.zeros(n_rows, np.int64), np.full(n_rows, MISSING, np.int8), {})
    written = read_texts(column, n_rows)
    is_plain = written.str.contains(_PLAIN).fill_null(value=False)
    digits = DECIMALS + MAX_WHOLE_DIGITS
    plain = pl.select(pl.when(is_plain).then(written)).to_series()
    scaled = (
        plain.cast(pl.Decimal(digits, DECIMALS)).to_physical().cast(pl.Int64).fill_null(0).to_numpy().copy()
    )
    state = np.full(n_rows, FITS, np.int8)
    outside: dict[int, Decimal] = {}
    odd = (~is_plain).arg_true().to_numpy()
    numbers: dict[str | None, tuple[int, int, Decimal | None]] = {None: (MISSING, 0, None)}
    for row, text in zip(odd.tolist(), written.gather(odd).to_list(), strict=True):
        if text not in numbers:
            numbers[text] = _read_odd(text)
        state[row], scaled[row], number = numbers[text]
        if number is not None:
            outside[row] = number
    return ScaledColumn(scaled, state, outside)


def read_answers(column: Any, n_rows: int) -> Codes:
    """Answers yes, no or null as three-valued codes; no column is unknown throughout.

    Raises
    ------
    TypeError
        If the column holds anything but booleans.
    """
    import polars as pl  # noqa: PLC0415 - columns alone need it

    if column is None or isinstance(column, bool):
        code = UNKNOWN if column is None else TRUE if column else FALSE
        return np.full(n_rows, code, np.int8)
    answers = _as_series(column, n_rows)
    if answers.dtype == pl.Null:
        return np.full(n_rows, UNKNOWN, np.int8)
    if answers.dtype != pl.Boolean:
        raise TypeError(f"answers are yes, no or null, not {answers.dtype}")
    codes = answers.cast(pl.Int8) * TRUE
    return codes.fill_null(UNKNOWN).to_numpy().copy()


def read_texts(column: Any, n_rows: int) -> "pl.Series":
    """A column as text, whole numbers and decimals as they are written.

    Raises
    ------
    TypeError
        If the column holds binary floats.
    """
    import polars as pl  # noqa: PLC0415 - columns alone need it

    if column is None or isinstance(column, str | int | Decimal | Fraction):
        one = None if column is None else str(column)
        return pl.repeat(one, n_rows, dtype=pl.String, eager=True)
    if isinstance(column, float):
        raise TypeError(_NO_FLOATS)
    texts = _as_series(column, n_rows)
    if texts.dtype.is_float():
        raise TypeError(_NO_FLOATS)
    return texts.cast(pl.String)


def read_words(column: Any, n_rows: int, words: Sequence[str]) -> NDArray[np.int64]:
    """The place of each text among words; -1 for any other and for null."""
    import polars as pl  # noqa: PLC0415 - columns alone need it

    places = read_texts(column, n_rows).cast(pl.Enum(list(dict.fromkeys(words))), strict=False).to_physical()
    return places.cast(pl.Int64).fill_null(-1).to_numpy()


def write_words(codes: NDArray[Any], words: Sequence[str]) -> "pl.Series":
    """Words by their places; -1 is null."""
    import polars as pl  # noqa: PLC0415 - columns alone need it

    distinct = list(dict.fromkeys(words))
    return pl.Series([*words, None], dtype=pl.Enum(distinct)).gather(codes)


def write_answers(codes: Codes) -> "pl.Series":
    """Three-valued codes as booleans; unknown is null."""
    import polars as pl  # noqa: PLC0415 - columns alone need it

    return pl.Series([False, None, True]).gather(codes)


def count_rows(columns: Iterable[Any]) -> int:
    """The rows that columns have; one text, number or answer stands for all rows.

    Raises
    ------
    ValueError
        If the columns differ in length, or none has rows.
    """
    lengths = {len(one) for one in columns if hasattr(one, "__len__") and not isinstance(one, str)}
    if len(lengths) != 1:
        raise ValueError(f"columns of one length are needed, not of {sorted(lengths)}")
    return lengths.pop()


def _as_series(column: Any, n_rows: int) -> "pl.Series":
    import polars as pl  # noqa: PLC0415 - columns alone need it

    if isinstance(column, pl.Series):
        series = column
    else:
        values = column.tolist() if isinstance(column, np.ndarray) and column.dtype == object else column
        if isinstance(values, Sequence):
            if any(isinstance(one, float) for one in values):
                raise TypeError(_NO_FLOATS)
            # a column of decimals would be given one scale and rounded to it
            values = [
                str(one) if isinstance(one, Decimal | int | Fraction) and not isinstance(one, bool) else one
                for one in values
            ]
        series = pl.Series(values)
    if len(series) != n_rows:
        raise ValueError(f"a column has {len(series)} rows, not {n_rows}")
    return series


def _read_odd(text: str) -> tuple[int, int, Decimal | None]:
    """State, scaled number, and the decimal where it does not fit, of a text that is not written plainly."""
    if not text.strip():
        return MISSING, 0, None
    number = read_decimal(text)
    if not isinstance(number, Decimal):
        return UNREADABLE, 0, None
    if not number:
        return FITS, 0, None
    # the size is asked first, since 1E+1000000 as a whole number has a million digits
    if not -DECIMALS <= number.adjusted() < MAX_WHOLE_DIGITS:
        return OUTSIDE, 0, number
    numerator, denominator = number.as_integer_ratio()
    scaled, rest = divmod(numerator * SCALE, denominator)
    return (OUTSIDE, 0, number) if rest else (FITS, scaled, None)


_NO_FLOATS = "numbers are given as text, decimals or whole numbers: a binary float is not what was written"
