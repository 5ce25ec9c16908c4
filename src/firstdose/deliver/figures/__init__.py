"""Figures drawn as SVG text, the same for page and paper; one kind a module.

House rules: every word in a figure is real text in one language; colour is never the only difference; the
same input gives the same bytes; a figure without data says why.
"""

from firstdose.deliver.figures.bars import Bar, Category, render_bars
from firstdose.deliver.figures.escalation import (
    CohortMark,
    EscalationCohort,
    ParticipantMark,
    render_escalation,
)
from firstdose.deliver.figures.figure import Figure
from firstdose.deliver.figures.lines import LineGroup, LinePoint, ParticipantLine, VisitTick, render_lines
from firstdose.deliver.figures.rates import RatePoint, RateSeries, render_rates
from firstdose.deliver.figures.steps import FollowUp, StepCurve, render_steps
from firstdose.deliver.figures.style import FIGURE_CSS
from firstdose.deliver.figures.swimmer import ResponseSpan, SwimmerBar, render_swimmer
from firstdose.deliver.figures.waterfall import WaterfallBar, render_waterfall

__all__ = [
    "FIGURE_CSS",
    "Bar",
    "Category",
    "CohortMark",
    "EscalationCohort",
    "Figure",
    "FollowUp",
    "LineGroup",
    "LinePoint",
    "ParticipantLine",
    "ParticipantMark",
    "RatePoint",
    "RateSeries",
    "ResponseSpan",
    "StepCurve",
    "SwimmerBar",
    "VisitTick",
    "WaterfallBar",
    "render_bars",
    "render_escalation",
    "render_lines",
    "render_rates",
    "render_steps",
    "render_swimmer",
    "render_waterfall",
]
