"""Lupus low disease activity state (LLDAS): five items.

Item 5 excludes investigational drugs; it is applied to the other drugs, since read to the letter nobody who
is given the study product could attain it.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from firstdose.derive.response.composite import derive_all_of, derive_answer
from firstdose.derive.response.doris import Doris, derive_glucocorticoid_component, derive_pga_component
from firstdose.derive.response.sledai import DESCRIPTORS, SEROLOGICAL, Group, Sledai
from firstdose.terms.outcomes import NotDerived
from firstdose.terms.words import Text

SLEDAI_MAX = 4
PGA_MAX = Decimal(1)
PREDNISONE_MAX_MG_PER_DAY = Decimal("7.5")
MAJOR_ORGAN_GROUPS: frozenset[Group] = frozenset(
    {"renal", "cns", "cardiopulmonary", "vasculitis", "constitutional"}
)
"""P-LLDAS-1: renal, central nervous, cardiopulmonary, vasculitis and fever."""
MAJOR_ORGAN = frozenset(one.key for one in DESCRIPTORS if one.group in MAJOR_ORGAN_GROUPS)

NewFeatureRule = Literal["sledai_any", "sledai_clinical", "sfi", "sfi_baseline"]


class ActivityOutsideSledai(msgspec.Struct, frozen=True, kw_only=True):
    """The two kinds of activity that LLDAS knows and SLEDAI-2K does not; None when not assessed."""

    haemolytic_anaemia: bool | None
    gi_activity: bool | None


class FlareIndex(msgspec.Struct, frozen=True, kw_only=True):
    """A SELENA-SLEDAI flare index result and the assessment that it compares with."""

    flare: Literal["none", "mild_moderate", "severe"] | NotDerived
    compared_with: Literal["previous", "baseline"]


class Lldas(msgspec.Struct, frozen=True, kw_only=True):
    """LLDAS at one visit with its five items.

    ``no_new_features`` is the item as used; ``no_new_features_derived`` is the rule's answer and
    ``no_new_features_recorded`` the investigator's, which wins when there is one.
    """

    attained: bool | NotDerived
    low_activity: bool | NotDerived
    no_new_features: bool | NotDerived
    pga_is_low: bool | NotDerived
    glucocorticoid_is_low: bool | NotDerived
    maintenance_is_tolerated: bool | NotDerived
    no_new_features_derived: bool | NotDerived
    no_new_features_recorded: bool | None


def derive_lldas(
    sledai: Sledai,
    outside: ActivityOutsideSledai,
    *,
    pga: Decimal | None,
    prednisone_mg_per_day: Fraction | NotDerived,
    is_maintenance_tolerated: bool | NotDerived,
    previous_sledai: Sledai | None,
    previous_outside: ActivityOutsideSledai | None,
    flare_index: FlareIndex | None = None,
    new_features_recorded: bool | None = None,
    new_feature_rule: NewFeatureRule = "sledai_any",
) -> Lldas:
    """LLDAS at one visit.

    Parameters
    ----------
    sledai, outside : Sledai, ActivityOutsideSledai
        The assessment now.
    pga : Decimal or None
        Physician global assessment, 0 to 3; exactly 1 passes.
    prednisone_mg_per_day : Fraction or NotDerived
        Exactly 7.5 passes. [mg/d]
    is_maintenance_tolerated : bool or NotDerived
        From `firstdose.derive.response.maintenance.derive_maintenance`.
    previous_sledai, previous_outside : Sledai, ActivityOutsideSledai or None
        The previous assessment; None at the first.
    flare_index : FlareIndex or None
        Needed by the rules ``sfi`` and ``sfi_baseline``.
    new_features_recorded : bool or None
        The investigator's answer to "are there new features?"; it wins over the rule.
    new_feature_rule : NewFeatureRule
        Convention P-LLDAS-2.

    Returns
    -------
    Lldas
        Three-valued.

    Source
    ------
    Franklyn K et al. Ann Rheum Dis 2016;75:1615-1621, table 1; new features as in Golder V et al. 2016
    (``sfi``) or Parodis et al. (``sfi_baseline``).
    """
    derived = _no_new_features(
        sledai, outside, previous_sledai, previous_outside, flare_index=flare_index, rule=new_feature_rule
    )
    recorded = None if new_features_recorded is None else not new_features_recorded
    components: dict[str, bool | NotDerived] = {
        "low_activity": _low_activity(sledai, outside),
        "no_new_features": derived if recorded is None else recorded,
        "pga_is_low": derive_pga_component(pga, at_most=PGA_MAX),
        "glucocorticoid_is_low": derive_glucocorticoid_component(
            prednisone_mg_per_day, PREDNISONE_MAX_MG_PER_DAY
        ),
        "maintenance_is_tolerated": is_maintenance_tolerated,
    }
    return Lldas(
        attained=derive_all_of(components),
        no_new_features_derived=derived,
        no_new_features_recorded=recorded,
        **components,
    )


def check_doris_without_lldas(doris: Doris, lldas: Lldas) -> Text | None:
    """A warning for a participant in DORIS remission who is not in LLDAS, which is rare and worth a look."""
    if doris.attained is True and lldas.attained is False:
        return Text(
            "In DORIS remission but not in LLDAS: check new features, maintenance drugs, haemolytic anaemia"
            " and gastrointestinal activity.",
            "达到 DORIS 缓解但未达到 LLDAS：请核对新发表现、维持用药、溶血性贫血和胃肠道活动。",
        )
    return None


def _low_activity(sledai: Sledai, outside: ActivityOutsideSledai) -> bool | NotDerived:
    is_total_low: bool | NotDerived
    if sledai.lower_bound > SLEDAI_MAX:
        is_total_low = False
    elif sledai.upper_bound <= SLEDAI_MAX:
        is_total_low = True
    else:
        is_total_low = NotDerived("descriptors_missing", ", ".join(sledai.missing))
    is_organ_free: bool | NotDerived
    missing_organ = [key for key in sledai.missing if key in MAJOR_ORGAN]
    if any(key in MAJOR_ORGAN for key in sledai.counted):
        is_organ_free = False
    elif missing_organ:
        is_organ_free = NotDerived("descriptors_missing", ", ".join(missing_organ))
    else:
        is_organ_free = True
    return derive_all_of(
        {
            "sledai": is_total_low,
            "major_organ": is_organ_free,
            "haemolytic_anaemia": _absent(outside.haemolytic_anaemia, "haemolytic anaemia"),
            "gi_activity": _absent(outside.gi_activity, "gastrointestinal activity"),
        }
    )


def _absent(present: bool | None, name: str) -> bool | NotDerived:  # noqa: FBT001 - the answer is what is negated
    answer = derive_answer(present, name)
    return answer if isinstance(answer, NotDerived) else not answer


def _no_new_features(
    sledai: Sledai,
    outside: ActivityOutsideSledai,
    previous_sledai: Sledai | None,
    previous_outside: ActivityOutsideSledai | None,
    *,
    flare_index: FlareIndex | None,
    rule: NewFeatureRule,
) -> bool | NotDerived:
    if rule in ("sfi", "sfi_baseline"):
        return _no_flare(flare_index, "previous" if rule == "sfi" else "baseline")
    if previous_sledai is None or previous_outside is None:
        return NotDerived("no_previous_assessment", "there is no previous assessment to compare with")
    ignored = SEROLOGICAL if rule == "sledai_clinical" else frozenset()
    compared = {
        one.key: _not_new(sledai.counts(one.key), previous_sledai.counts(one.key))
        for one in DESCRIPTORS
        if one.key not in ignored
    }
    compared["haemolytic_anaemia"] = _not_new(outside.haemolytic_anaemia, previous_outside.haemolytic_anaemia)
    compared["gi_activity"] = _not_new(outside.gi_activity, previous_outside.gi_activity)
    return _none_new(compared.items())


def _none_new(compared: Iterable[tuple[str, bool | None]]) -> bool | NotDerived:
    answers = dict(compared)
    if any(answer is False for answer in answers.values()):
        return False
    open_keys = [key for key, answer in answers.items() if answer is None]
    return NotDerived("could_be_new", ", ".join(open_keys)) if open_keys else True


def _not_new(now: bool | None, before: bool | None) -> bool | None:  # noqa: FBT001 - two answers of one question
    if now is False or before is True:
        return True
    return None if now is None or before is None else False


def _no_flare(
    flare_index: FlareIndex | None, compared_with: Literal["previous", "baseline"]
) -> bool | NotDerived:
    if flare_index is None:
        return NotDerived("no_flare_index", "the rule needs a flare index result")
    if flare_index.compared_with != compared_with:
        return NotDerived("no_flare_index", f"the rule needs a flare index against {compared_with}")
    return flare_index.flare if isinstance(flare_index.flare, NotDerived) else flare_index.flare == "none"
