"""DORIS remission and LLDAS of many assessments at once, as exact as one by one.

Answers are three-valued and numbers are compared as integers (`exact_columns`); the definitions are those of
`doris` and `lldas`, with their limits, and an answer that is missing has the same reason.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from firstdose.derive.exact_columns import FALSE, TRUE, UNKNOWN, Codes, count_rows, read_answers, read_words
from firstdose.derive.response.component_columns import (
    NOT_ASSESSED,
    Component,
    all_of,
    frame_components,
    judge_pga,
    judge_prednisone,
    name_unknown,
)
from firstdose.derive.response.doris import PGA_BELOW
from firstdose.derive.response.doris import PREDNISONE_MAX_MG_PER_DAY as DORIS_PREDNISONE_MAX_MG_PER_DAY
from firstdose.derive.response.lldas import (
    MAJOR_ORGAN,
    PGA_MAX,
    PREDNISONE_MAX_MG_PER_DAY,
    SLEDAI_MAX,
    NewFeatureRule,
)
from firstdose.derive.response.of_forms import FINDINGS
from firstdose.derive.response.sledai import DESCRIPTORS, SEROLOGICAL

if TYPE_CHECKING:
    import polars as pl

KEYS = tuple(one.key for one in DESCRIPTORS)
OUTSIDE_SLEDAI = ("haemolytic_anaemia", "gi_activity")
FLARES = ("none", "mild_moderate", "severe")
COMPARED_WITH = ("previous", "baseline")

_WEIGHTS = np.array([one.weight for one in DESCRIPTORS], np.int16)
_IS_SEROLOGICAL = np.array([key in SEROLOGICAL for key in KEYS])
_IS_MAJOR_ORGAN = np.array([key in MAJOR_ORGAN for key in KEYS])


def derive_doris_many(
    assessments: "Mapping[str, Any] | pl.DataFrame",
    *,
    pga_below: Decimal = PGA_BELOW,
    prednisone_max_mg_per_day: Decimal = DORIS_PREDNISONE_MAX_MG_PER_DAY,
) -> "pl.DataFrame":
    """DORIS remission of n assessments.

    Parameters
    ----------
    assessments : mapping of name to column, or polars.DataFrame
        n rows. A column that is not there is missing throughout. Read are: the 24 descriptors by their keys
        (booleans that say whether the descriptor counts, or the answers of the form: ``absent``,
        ``present_sle``, ``present_other_cause``, ``present_unknown``, ``not_assessed``); ``pga`` (text,
        Decimal or int, 0 to 3); ``prednisone_mg_per_day`` (text, Decimal, int or Fraction; a fraction as text
        is "20/3"), or ``glucocorticoid`` and ``glucocorticoid_mg_per_day``, whose factor is applied exactly;
        ``is_treatment_stable`` (booleans).
    pga_below, prednisone_max_mg_per_day : Decimal
        As in `derive_doris`.

    Returns
    -------
    polars.DataFrame
        ``attained`` and the four components of `Doris`, true, false or null, each followed by its reason
        (``..._reason``), which is null where the answer is known.

    Raises
    ------
    TypeError
        If numbers are binary floats, or answers are no booleans.

    Source
    ------
    van Vollenhoven RF et al. Lupus Sci Med 2021;8:e000538.

    Examples
    --------
    >>> quiet = dict.fromkeys(KEYS, [False, False, None])
    >>> derive_doris_many(quiet | {
    ...     "pga": ["0.49", "0.5", "0"], "glucocorticoid": ["dexamethasone"] * 3,
    ...     "glucocorticoid_mg_per_day": ["0.75"] * 3, "is_treatment_stable": [True] * 3,
    ... }).select("attained", "attained_reason", "pga_is_low", "clinical_sledai_is_zero_reason").rows()
    [(True, None, True, None), (False, None, False, None), (None, 'component_missing', True, 'descriptors_missing')]
    """
    columns, n_rows = _columns(assessments)
    lower, upper = _bound(_read_descriptors(columns, n_rows)[:, ~_IS_SEROLOGICAL], _WEIGHTS[~_IS_SEROLOGICAL])
    components = {
        "clinical_sledai_is_zero": name_unknown(_at_most(lower, upper, 0), "descriptors_missing"),
        "pga_is_low": judge_pga(columns.get("pga"), n_rows, below=pga_below),
        "glucocorticoid_is_low": judge_prednisone(columns, n_rows, prednisone_max_mg_per_day),
        "treatment_is_stable": name_unknown(
            read_answers(columns.get("is_treatment_stable"), n_rows), NOT_ASSESSED
        ),
    }
    return frame_components({"attained": all_of(components.values()), **components})


def derive_lldas_many(
    assessments: "Mapping[str, Any] | pl.DataFrame",
    *,
    new_feature_rule: NewFeatureRule = "sledai_any",
) -> "pl.DataFrame":
    """LLDAS of n assessments.

    Parameters
    ----------
    assessments : mapping of name to column, or polars.DataFrame
        n rows, with the columns of `derive_doris_many` (``is_treatment_stable`` is not read) and:
        ``haemolytic_anaemia`` and ``gi_activity`` (as descriptors); ``is_maintenance_tolerated`` and
        ``new_features_recorded`` (booleans); ``previous_row`` (whole numbers: the row of the previous
        assessment of the participant, null at the first); for the rules ``sfi`` and ``sfi_baseline`` also
        ``flare`` (``none``, ``mild_moderate``, ``severe``) and ``flare_compared_with`` (``previous``,
        ``baseline``).
    new_feature_rule : NewFeatureRule
        Convention P-LLDAS-2, as in `derive_lldas`.

    Returns
    -------
    polars.DataFrame
        ``attained``, the five items of `Lldas` and ``no_new_features_derived``, each followed by its reason,
        and ``no_new_features_recorded``.

    Raises
    ------
    TypeError
        If numbers are binary floats, or answers are no booleans.
    ValueError
        If a previous row is not one of the rows.

    Source
    ------
    Franklyn K et al. Ann Rheum Dis 2016;75:1615-1621, table 1.

    Examples
    --------
    >>> two = dict.fromkeys((*KEYS, "haemolytic_anaemia", "gi_activity"), [False, False]) | {
    ...     "rash": [False, True], "pga": ["1", "1"], "prednisone_mg_per_day": ["7.5", "7.5"],
    ...     "is_maintenance_tolerated": [True, True], "previous_row": [None, 0],
    ... }
    >>> derive_lldas_many(two).select("attained", "low_activity", "no_new_features", "no_new_features_reason").rows()
    [(None, True, None, 'no_previous_assessment'), (False, True, False, None)]
    """
    columns, n_rows = _columns(assessments)
    descriptors = _read_descriptors(columns, n_rows)
    outside = np.column_stack([_read_descriptor(columns.get(key), n_rows) for key in OUTSIDE_SLEDAI])
    derived = (
        _no_new_features(
            columns,
            descriptors[:, ~_IS_SEROLOGICAL] if new_feature_rule == "sledai_clinical" else descriptors,
            outside,
        )
        if new_feature_rule in ("sledai_any", "sledai_clinical")
        else _no_flare(columns, n_rows, "previous" if new_feature_rule == "sfi" else "baseline")
    )
    recorded = TRUE - read_answers(columns.get("new_features_recorded"), n_rows)
    components = {
        "low_activity": _low_activity(descriptors, outside),
        "no_new_features": Component(
            np.where(recorded == UNKNOWN, derived.answer, recorded), derived.reason, derived.words
        ),
        "pga_is_low": judge_pga(columns.get("pga"), n_rows, at_most=PGA_MAX),
        "glucocorticoid_is_low": judge_prednisone(columns, n_rows, PREDNISONE_MAX_MG_PER_DAY),
        "maintenance_is_tolerated": name_unknown(
            read_answers(columns.get("is_maintenance_tolerated"), n_rows), NOT_ASSESSED
        ),
    }
    return frame_components(
        {"attained": all_of(components.values()), **components, "no_new_features_derived": derived},
        without_reason={"no_new_features_recorded": recorded},
    )


def _columns(assessments: "Mapping[str, Any] | pl.DataFrame") -> tuple[Mapping[str, Any], int]:
    columns = (
        assessments
        if isinstance(assessments, Mapping)
        else cast("Mapping[str, Any]", assessments.to_dict(as_series=True))
    )
    return columns, count_rows(columns.values())


def _read_descriptors(columns: Mapping[str, Any], n_rows: int) -> Codes:
    """Whether each descriptor counts, rows by descriptors."""
    return np.column_stack([_read_descriptor(columns.get(key), n_rows) for key in KEYS])


def _read_descriptor(column: Any, n_rows: int) -> Codes:
    if column is None or _is_boolean(column):
        return read_answers(column, n_rows)
    return _COUNTS[read_words(column, n_rows, tuple(FINDINGS))]


def _is_boolean(column: Any) -> bool:
    import polars as pl  # noqa: PLC0415 - columns alone need it

    return pl.Series(column).dtype in (pl.Boolean, pl.Null)


def _bound(descriptors: Codes, weights: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """The least and the greatest score that the descriptors allow."""
    return (descriptors == TRUE) @ weights, (descriptors != FALSE) @ weights


def _at_most(lower: NDArray[np.int16], upper: NDArray[np.int16], maximum: int) -> Codes:
    answer = np.full(len(lower), UNKNOWN, np.int8)
    answer[lower > maximum] = FALSE
    answer[upper <= maximum] = TRUE
    return answer


def _low_activity(descriptors: Codes, outside: Codes) -> Component:
    lower, upper = _bound(descriptors, _WEIGHTS)
    organ_free = TRUE - descriptors[:, _IS_MAJOR_ORGAN].max(axis=1)
    absent = TRUE - outside.max(axis=1)
    answer = np.minimum(_at_most(lower, upper, SLEDAI_MAX), np.minimum(organ_free, absent))
    return name_unknown(answer, "component_missing")


def _no_new_features(columns: Mapping[str, Any], descriptors: Codes, outside: Codes) -> Component:
    now = np.column_stack([descriptors, outside])
    previous = _read_previous(columns.get("previous_row"), len(now))
    # Not new is "absent now, or there before"; the last row is never read for the first assessment (-1).
    answer = np.maximum(TRUE - now, now[previous]).min(axis=1)
    answer[previous < 0] = UNKNOWN
    reason = np.where(previous < 0, 0, 1).astype(np.int8)
    return Component(answer, reason, ("no_previous_assessment", "could_be_new"))


def _read_previous(column: Any, n_rows: int) -> NDArray[np.int64]:
    import polars as pl  # noqa: PLC0415 - columns alone need it

    if column is None:
        return np.full(n_rows, -1, np.int64)
    previous = pl.Series(column).cast(pl.Int64)
    if not previous.is_between(0, n_rows - 1).fill_null(value=True).all():
        raise ValueError(f"a previous row is not in 0 to {n_rows - 1}")
    return previous.fill_null(-1).to_numpy()


def _no_flare(columns: Mapping[str, Any], n_rows: int, compared_with: str) -> Component:
    flare = read_words(columns.get("flare"), n_rows, FLARES)
    is_answered = read_words(
        columns.get("flare_compared_with"), n_rows, COMPARED_WITH
    ) == COMPARED_WITH.index(compared_with)
    answer = np.where(flare == FLARES.index("none"), TRUE, FALSE).astype(np.int8)
    answer[(flare < 0) | ~is_answered] = UNKNOWN
    return Component(answer, is_answered.astype(np.int8), ("no_flare_index", NOT_ASSESSED))


def _counts() -> Codes:
    """Whether a descriptor with each answer of the form counts; the last is no answer."""
    codes = [
        UNKNOWN if one.present is None else TRUE if one.present and one.attributable != "no" else FALSE
        for one in FINDINGS.values()
    ]
    return np.array([*codes, UNKNOWN], np.int8)


_COUNTS = _counts()
