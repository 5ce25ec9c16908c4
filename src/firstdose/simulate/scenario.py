"""Every number of the virtual trial, with its spread between participants, its unit and its source.

Typical values and spreads are plausible, not fitted. "assumed" marks a value without a published source.
The spread is the standard deviation of the logarithm between participants (of the logit for a share).
"""

import msgspec

from firstdose.simulate.adverse_event_terms import INFECTIONS, MINOR_EVENTS, MinorEvent, Term
from firstdose.simulate.laboratory import LABORATORY, LaboratoryValue

_ASSUMED = "assumed"
_TUNED = "assumed; gives medians of peak, persistence and depletion in the range of published CAR-NK cells"


class Quantity(msgspec.Struct, frozen=True):
    """A typical value, its spread between participants, its unit and where it comes from."""

    typical: float
    spread: float
    unit: str
    source: str


class DoseRate(msgspec.Struct, frozen=True):
    """Probabilities at flat doses (dose [1e9 cells], probability), lowest dose first, and their source."""

    at: tuple[tuple[float, float], ...]
    source: str


def _q(typical: float, spread: float, unit: str, source: str = _ASSUMED) -> Quantity:
    return Quantity(typical, spread, unit, source)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """The virtual world: its people, how they answer to the product, and what harms them.

    Examples
    --------
    >>> Scenario().b_cell_turnover.source
    'Pan 2019: 39 children on rituximab, turnover time 35 d'
    """

    # --- the product in blood
    spike: Quantity = _q(1800, 0.6, "copies/ug per 1e9 cells", _TUNED)
    spike_half_life: Quantity = _q(0.35, 0.3, "d", _TUNED)
    expansion_lag: Quantity = _q(0.8, 0.3, "d", _TUNED)
    expansion_peak: Quantity = _q(
        5.0, 0.35, "d", "assumed for a cytokine-armoured cell; FT596 (Lancet 2025) peaked on day 1"
    )
    expansion_fold: Quantity = _q(6.0, 0.9, "1", _TUNED)
    expansion_start: Quantity = _q(600, 0.8, "copies/ug per 1e9 cells", _TUNED)
    contraction_half_life: Quantity = _q(2.0, 0.4, "d", "assumed; form of Stein 2019 (tisagenlecleucel)")
    slow_half_life: Quantity = _q(8.0, 0.5, "d", "assumed; FT596 detectable to day 15 (Lancet 2025)")
    slow_share: Quantity = _q(0.06, 0.8, "1", "assumed; form of Stein 2019 (tisagenlecleucel)")
    later_infusion_factor: Quantity = _q(0.8, 0.0, "1", "assumed: host response and fading lymphodepletion")
    transgene_noise: Quantity = _q(0.0, 0.3, "log", "assumed; Stein 2019 residual 0.56 between laboratories")
    transgene_lloq: Quantity = _q(50, 0.0, "copies/ug", "usual limit of the assay")
    transgene_lod: Quantity = _q(15, 0.0, "copies/ug")
    vector_copy_number: Quantity = _q(2.0, 0.25, "copies per cell")
    # --- B cells
    b_cells: Quantity = _q(90, 0.8, "cells/uL", "assumed; lymphopenic lupus")
    b_cell_turnover: Quantity = _q(0.02, 0.4, "1/d", "Pan 2019: 39 children on rituximab, turnover time 35 d")
    kill_rate: Quantity = _q(1.5, 0.4, "1/d", _TUNED)
    kill_half_level: Quantity = _q(1500, 0.8, "copies/ug", _TUNED)
    precursor_recovery: Quantity = _q(
        0.06, 0.35, "1/d", "assumed; B cells back 50 to 110 d after CD19 CAR-T (Muller 2024)"
    )
    plasmablast_turnover: Quantity = _q(0.10, 0.0, "1/d")
    memory_half_life: Quantity = _q(250, 0.3, "d", "assumed: memory returns months after naive cells")
    autoreactive_half_life: Quantity = _q(
        800,
        0.6,
        "d",
        "assumed: no relapse in those followed over 12 months in the first KN5501 trial (Lancet 2025)",
    )
    lymphodepletion_kill: Quantity = _q(0.5, 0.2, "1/d", _TUNED)
    # --- proteins made by B cells: level, then the share from CD19-negative long-lived plasma cells
    igg: Quantity = _q(13.0, 0.33, "g/L")
    igm: Quantity = _q(1.0, 0.5, "g/L")
    iga: Quantity = _q(2.6, 0.4, "g/L")
    ige: Quantity = _q(60, 1.3, "IU/mL")
    igg_long_lived: Quantity = _q(0.70, 0.5, "1", "total IgG fell 17.5 % after CD19 CAR-T (39 adults)")
    igm_long_lived: Quantity = _q(0.25, 0.5, "1")
    iga_long_lived: Quantity = _q(0.50, 0.5, "1")
    ige_long_lived: Quantity = _q(0.50, 0.5, "1")
    anti_dsdna_long_lived: Quantity = _q(0.12, 0.8, "1")
    igg_half_life: Quantity = _q(21.0, 0.1, "d", "published turnover: 21 to 23 d")
    igm_half_life: Quantity = _q(5.0, 0.1, "d", "published turnover: 5 d")
    iga_half_life: Quantity = _q(6.0, 0.1, "d", "turnover study of 1973: IgA1 5.9 d, IgA2 4.5 d")
    ige_half_life: Quantity = _q(2.5, 0.1, "d", "published turnover: 2 to 3 d")
    # --- disease
    anti_dsdna: Quantity = _q(220, 1.0, "IU/mL")
    c3_active: Quantity = _q(0.65, 0.20, "g/L", "assumed; consumption as in Sliwinski 1972")
    c3_remission: Quantity = _q(1.10, 0.20, "g/L", "assumed; consumption as in Sliwinski 1972")
    c4_active: Quantity = _q(0.11, 0.35, "g/L", "assumed; C4 catabolism doubles in active disease")
    c4_remission: Quantity = _q(0.24, 0.35, "g/L", "assumed; C4 catabolism doubles in active disease")
    c3_lower_limit: Quantity = _q(0.70, 0.0, "g/L", "assumed reference range")
    c4_lower_limit: Quantity = _q(0.10, 0.0, "g/L", "assumed reference range")
    ch50_lower_limit: Quantity = _q(23, 0.0, "U/mL", "assumed reference range")
    anti_dsdna_upper_limit: Quantity = _q(100, 0.0, "IU/mL", "assumed reference range")
    activity_half_life: Quantity = _q(14, 0.0, "d", "assumed: symptoms follow their cause in about two weeks")
    autoantibody_share: Quantity = _q(0.6, 0.0, "1", "assumed; the rest is pathogenic plasmablasts")
    activity_of_easiest_sign: Quantity = _q(0.85, 0.0, "share of baseline activity")
    activity_of_hardest_sign: Quantity = _q(0.20, 0.0, "share of baseline activity")
    # --- lymphodepletion: blood counts (a depth per day of lymphodepletion, and days to the nadir)
    neutrophils: Quantity = _q(4.2, 0.25, "1e9/L")
    neutrophil_depth: Quantity = _q(0.40, 0.35, "log per day")
    neutrophil_nadir: Quantity = _q(11, 0.0, "d", "assumed: nadir on Days 5 to 12, recovery by Days 21 to 28")
    platelets: Quantity = _q(215, 0.22, "1e9/L")
    platelet_depth: Quantity = _q(0.20, 0.40, "log per day")
    platelet_nadir: Quantity = _q(13, 0.0, "d")
    haemoglobin_female: Quantity = _q(116, 0.08, "g/L")
    haemoglobin_male: Quantity = _q(128, 0.08, "g/L")
    haemoglobin_depth: Quantity = _q(0.05, 0.40, "log per day")
    haemoglobin_nadir: Quantity = _q(15, 0.0, "d")
    t_cells: Quantity = _q(850, 0.30, "cells/uL")
    t_cell_kill: Quantity = _q(0.65, 0.20, "1/d")
    t_cell_recovery_half_life: Quantity = _q(45, 0.3, "d")
    nk_cells: Quantity = _q(120, 0.35, "cells/uL")
    nk_cell_kill: Quantity = _q(0.70, 0.20, "1/d")
    nk_cell_recovery_half_life: Quantity = _q(12, 0.3, "d")
    # --- inflammation
    il6_gain_kill: Quantity = _q(9.0, 0.9, "1")
    il6_gain_cells: Quantity = _q(1.0, 0.0, "1")
    il6_gain_crs: Quantity = _q(20.0, 0.4, "1")
    # --- people
    female_share: Quantity = _q(0.94, 0.0, "1", "17 of 18 in the first KN5501 lupus trial (Lancet 2025)")
    age: Quantity = _q(34, 0.30, "years", "assumed; limits 18 to 70 of NCT07358988")
    antimalarial_share: Quantity = _q(0.80, 0.0, "1")
    screen_failure_rate: Quantity = _q(0.25, 0.0, "1")
    # --- harm
    dlt: DoseRate = DoseRate(
        ((0.75, 0.01), (1.5, 0.02), (3.0, 0.04), (4.5, 0.07), (6.0, 0.12), (9.0, 0.30)),
        "assumed truth of the rehearsal: the top level is too toxic",
    )
    dlt_of_later_infusion: Quantity = _q(0.15, 0.0, "share of the first infusion's probability")
    dlt_kinds: tuple[tuple[str, float], ...] = (
        ("crs", 0.45), ("infusion_reaction", 0.20), ("icans", 0.10), ("liver", 0.15), ("diarrhoea", 0.10),
    )  # fmt: skip
    crs: DoseRate = DoseRate(
        ((0.75, 0.08), (3.0, 0.18), (6.0, 0.32), (9.0, 0.45)),
        "assumed; 1 of 18 had fever in the first KN5501 lupus trial (Lancet 2025), at lower doses",
    )
    crs_of_later_infusion: Quantity = _q(0.4, 0.0, "share of the first infusion's probability")
    crs_grade_2_share: Quantity = _q(0.12, 0.0, "1")
    crs_grade_3_share: Quantity = _q(0.02, 0.0, "1", "assumed; resolves within 72 h, so no DLT")
    icans: DoseRate = DoseRate(((0.75, 0.002), (9.0, 0.02)), "assumed: rare with CAR-NK cells")
    infusion_reaction: DoseRate = DoseRate(((0.75, 0.05), (9.0, 0.12)), _ASSUMED)
    gvhd: DoseRate = DoseRate(((0.75, 0.001), (9.0, 0.004)), "assumed: none published with CAR-NK cells")
    infections_per_year: Quantity = _q(1.1, 0.0, "1/year")
    early_infection_factor: Quantity = _q(1.8, 0.0, "1 (Days -5 to 90)")
    infections: tuple[tuple[float, Term], ...] = INFECTIONS
    minor_events: tuple[MinorEvent, ...] = MINOR_EVENTS
    laboratory: tuple[LaboratoryValue, ...] = LABORATORY
