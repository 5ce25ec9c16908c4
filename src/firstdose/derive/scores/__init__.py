"""Measures that stand alone: a row of cells in, a score or grade with its components out, or the reason why not.

House rules: no rule is written here, each measure calls its definition in a topic; a cell is read exactly or is a
fault with line and column; blank is missing and never zero. The topics do not know this room.

Examples
--------
>>> lab = {"ctcae_version": "5.0", "analyte": "creatinine", "value": "1.8", "unit": "mg/dL", "uln": "1.2"}
>>> score_rows("ctcae_laboratory", [lab])[0].value
1
"""

from firstdose.derive.scores.columns import Column
from firstdose.derive.scores.measure import Answer, Measure, Plain
from firstdose.derive.scores.registry import MEASURE_BY_KEY, MEASURES, find_measure
from firstdose.derive.scores.scoring import (
    FIRST_LINE,
    ScoredRow,
    check_header,
    list_cells,
    list_misspelt,
    make_scorer,
    score_frame,
    score_rows,
    write_plain,
)

__all__ = [
    "FIRST_LINE",
    "MEASURES",
    "MEASURE_BY_KEY",
    "Answer",
    "Column",
    "Measure",
    "Plain",
    "ScoredRow",
    "check_header",
    "find_measure",
    "list_cells",
    "list_misspelt",
    "make_scorer",
    "score_frame",
    "score_rows",
    "write_plain",
]
