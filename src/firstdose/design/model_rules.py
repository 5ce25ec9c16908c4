"""The rules with a model, built from a specification."""

from typing import NamedTuple

from msgspec import UNSET, UnsetType

from firstdose.design.rules import blrm, crm
from firstdose.design.rules.blrm_specification import check_blrm_specification
from firstdose.design.rules.crm_specification import check_crm_specification
from firstdose.design.specification import MODEL_RULES, DesignSpecification
from firstdose.design.stepping import Judge, Selector
from firstdose.protocol.rule_names import RuleName
from firstdose.terms.outcomes import Fault

MOST_N = 255
"""Participants that the frozen table of a model may hold: a count is one byte."""


CRM_RULES: tuple[RuleName, ...] = ("crm", "tite_crm")
BLRM_RULES: tuple[RuleName, ...] = ("blrm",)
"""Rules by the model that they read."""


class ModelRule(NamedTuple):
    """A rule as two functions of counts, with the codes of its reasons."""

    judge: Judge
    select: Selector
    reasons: tuple[str, ...]


def build_model_rule(spec: DesignSpecification) -> ModelRule:
    """The functions of a design whose rule has a model.

    Raises
    ------
    ValueError
        If the rule has none.
    """
    fewest = spec.fewest_at_mtd
    if spec.rule in CRM_RULES and spec.crm is not UNSET:
        return ModelRule(
            crm.judge_by_crm(spec.crm, max_n=spec.max_n),
            crm.select_by_crm(spec.crm, max_n=spec.max_n, fewest_at_mtd=fewest),
            crm.REASONS,
        )
    if spec.rule == "blrm" and spec.blrm is not UNSET:
        return ModelRule(
            blrm.judge_by_blrm(spec.blrm, max_n=spec.max_n),
            blrm.select_by_blrm(spec.blrm, max_n=spec.max_n, fewest_at_mtd=fewest),
            blrm.REASONS,
        )
    raise ValueError(f"{spec.rule} has no model")


def check_model(spec: DesignSpecification) -> list[Fault]:
    """What is wrong with the model of a design, or with having one, one sentence each."""
    faults = []
    for clause, model, rules in (("crm", spec.crm, CRM_RULES), ("blrm", spec.blrm, BLRM_RULES)):
        has_model, wants_model = not isinstance(model, UnsetType), spec.rule in rules
        if has_model != wants_model:
            faults.append(
                Fault(
                    what=f"{spec.rule} does not read {clause}" if has_model else f"{spec.rule} has no model",
                    next=f"leave {clause} out" if has_model else f"give {clause} with its parameters",
                    clause=clause,
                )
            )
    if spec.rule not in MODEL_RULES or faults:
        return faults
    if spec.max_n > MOST_N:
        said = f"max_n is {spec.max_n}, and the table of {spec.rule} holds {MOST_N} participants at most"
        return [Fault(what=said, next=f"write {MOST_N} or fewer", clause="max_n")]
    n_levels = spec.n_levels if isinstance(spec.n_levels, int) else None
    if spec.crm is not UNSET:
        faults = _crm_faults(spec, n_levels)
    if spec.blrm is not UNSET:
        faults = _blrm_faults(spec, n_levels)
    return faults


def _crm_faults(spec: DesignSpecification, n_levels: int | None) -> list[Fault]:
    """Faults of the CRM's model; its target is that of the design."""
    assert spec.crm is not UNSET
    faults = _place(check_crm_specification(spec.crm, n_levels=n_levels), "crm")
    if not faults and spec.crm.target_rate != spec.target_rate:
        said = f"the target of the model is {spec.crm.target_rate} and target_rate is {spec.target_rate}"
        faults.append(Fault(what=said, next="write one target", clause="crm.target_rate"))
    return faults


def _blrm_faults(spec: DesignSpecification, n_levels: int | None) -> list[Fault]:
    """Faults of the BLRM's model; the target of the design lies in its target interval."""
    assert spec.blrm is not UNSET
    model = spec.blrm
    faults = _place(check_blrm_specification(model, n_levels=n_levels), "blrm")
    if not faults and not model.target_low < spec.target_rate <= model.target_high:
        said = (
            f"target_rate {spec.target_rate} is not in the target interval from {model.target_low} to "
            f"{model.target_high}"
        )
        faults.append(Fault(what=said, next="choose an interval around the target", clause="blrm.target_low"))
    return faults


def _place(faults: list[Fault], clause: str) -> list[Fault]:
    return [Fault(what=one.what, next=one.next, clause=f"{clause}.{one.clause}") for one in faults]
