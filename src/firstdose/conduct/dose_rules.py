"""The dose rule of a part, from the words of the protocol to those of the design room."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET

from firstdose.design import (
    DecisionTable,
    DesignSpecification,
    OverdoseCap,
    Titration,
    check_specification,
    compile_table,
    compute_digest,
    render_table,
)
from firstdose.design.rules.backfill_options import Backfill
from firstdose.design.rules.blrm_specification import BlrmSpecification
from firstdose.design.rules.boin12_specification import UtilitySpecification
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.skeleton import SKELETON_DIGITS, compute_skeleton
from firstdose.design.rules.tite_boin import TiteOptions
from firstdose.protocol.dose_rule import BlrmModel, CrmModel, Design, Utilities
from firstdose.protocol.frozen import Resolved
from firstdose.protocol.resolved import Part, Protocol
from firstdose.record.state import State
from firstdose.terms.outcomes import Fault


@lru_cache(maxsize=32)
def compile_design(specification: DesignSpecification) -> tuple[DecisionTable, str]:
    """The decision table of a design with its digest; compiled once."""
    table = compile_table(specification)
    return table, compute_digest(table)


def freeze_tables(protocol: Protocol) -> dict[str, str] | list[Fault]:
    """The decision table of every part with a dose rule as canonical JSON, or what is wrong with their designs."""
    tables, faults = {}, []
    for part in protocol.parts:
        if part.design is not None:
            spec = specify_design(part.design)
            found = check_specification(spec)
            faults += found
            if not found:
                tables[part.key] = render_table(compile_design(spec)[0]).decode()
    return faults or tables


def open_table(state: State, part: Part) -> tuple[DecisionTable, str]:
    """The decision table of a part as it was approved, with its digest.

    A record that was begun before tables were kept has none; the table is then compiled from its definition.
    """
    assert part.design is not None
    text = state.decision_tables.get(part.key)
    return compile_design(specify_design(part.design)) if text is None else _read_table(text)


@lru_cache(maxsize=32)
def _read_table(text: str) -> tuple[DecisionTable, str]:
    table = msgspec.json.decode(text, type=DecisionTable)
    return table, table.digest


def specify_design(design: Design) -> DesignSpecification:
    """The design of a part as the dose rules take it."""
    return DesignSpecification(
        rule=design.rule,
        n_levels=design.n_levels,
        target_rate=design.target_rate,
        max_n=design.max_n,
        max_n_per_level=design.max_n_per_level,
        mtd_min_n=design.mtd_min_n,
        cohort_size=design.cohort_size,
        start_level=design.start_level,
        titration=Titration(until_level=design.titration.until_level) if design.titration else None,
        elimination_probability=design.elimination_probability,
        extra_safe_offset=design.extra_safe_offset,
        six_at_mtd=design.six_at_mtd and design.rule == "three_plus_three",
        stop_at_top_level=design.stop_at_top_level,
        equivalence_interval=_given(design.equivalence_interval),
        tpi_k1=_given(design.tpi_k1),
        tpi_k2=_given(design.tpi_k2),
        mtd_at_most_lambda_d=_given(design.mtd_at_most_lambda_d),
        stop_when_n_at_level=_given(design.stop_when_n_at_level),
        overdose_cap=OverdoseCap(design.overdose_cap.rate, design.overdose_cap.probability)
        if design.overdose_cap
        else UNSET,
        crm=_specify_crm(design.crm, design) if design.crm else UNSET,
        blrm=_specify_blrm(design.blrm) if design.blrm else UNSET,
        boin12=_specify_utilities(design.boin12, design) if design.boin12 else UNSET,
        backfill=Backfill(**_named(design.backfill, "max_n_per_level", "needs_response"))
        if design.backfill
        else UNSET,
        tite=TiteOptions(**_named(design.tite, "suspend_above", "estimate", "fewest_complete_to_escalate"))
        if design.tite
        else UNSET,
        **_named(design, "boin_p1_ratio", "boin_p2_ratio"),
    )


def _given(value: Any) -> Any:
    return UNSET if value is None else value


def _named(written: Resolved, *names: str) -> dict[str, Any]:
    """Those of the values that are given, so that the rule's own defaults hold for the others."""
    return {name: getattr(written, name) for name in names if getattr(written, name) is not None}


def _specify_crm(model: CrmModel, design: Design) -> CrmSpecification:
    return CrmSpecification(
        skeleton=model.skeleton or _calculate_skeleton(model, design),
        target_rate=design.target_rate,
        model=model.model,
        intercept_variance=model.intercept_variance,
        is_coherent=model.is_coherent,
        too_toxic_probability=model.too_toxic_probability,
        **_named(model, "slope_variance", "intercept"),
    )


def _calculate_skeleton(model: CrmModel, design: Design) -> tuple[Decimal, ...]:
    """The skeleton of an indifference interval; none where there is no such skeleton, which the checks then say."""
    if model.indifference is None:
        return ()
    try:
        found = compute_skeleton(
            half_width=float(model.indifference.half_width),
            target_rate=float(design.target_rate),
            prior_mtd=model.indifference.prior_mtd,
            n_levels=design.n_levels,
            model=model.model,
            **{name: float(value) for name, value in _named(model, "intercept").items()},
        )
    except ValueError:
        return ()
    return tuple(Decimal(f"{rate:.{SKELETON_DIGITS}f}") for rate in found)


def _specify_blrm(model: BlrmModel) -> BlrmSpecification:
    return BlrmSpecification(
        doses=model.doses_1e9 or (),
        reference_dose=model.reference_dose_1e9,
        mean_log_alpha=model.mean_log_alpha,
        mean_log_beta=model.mean_log_beta,
        sd_log_alpha=model.sd_log_alpha,
        sd_log_beta=model.sd_log_beta,
        correlation=model.correlation,
        **_named(model, "target_low", "target_high", "overdose_limit"),
    )


def _specify_utilities(model: Utilities, design: Design) -> UtilitySpecification:
    optional = [name for name in Utilities.model_fields if name not in {"response", "min_efficacy_rate"}]
    return UtilitySpecification(
        max_toxicity_rate=design.target_rate,
        min_efficacy_rate=model.min_efficacy_rate,
        **_named(model, *optional),
    )
