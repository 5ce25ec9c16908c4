"""What happens inside a virtual participant: cells, B cells, antibodies, complement and disease activity.

The state is carried forward on a fixed grid of days, each step from values at its left end only, so nothing
before an infusion knows of it. Linear equations are advanced by their exact solution over the step.

Equations (k over infusions, d in 1e9 cells, u days since infusion k)::

    level  = sum_k f^k d [A 2^(-u/h) + expansion(u)]           spike, lag, expansion, two-phase contraction
    kill   = Emax level / (EC50 + level)
    P'     = krec P (1-P) + 0.002 (1-P) - 0.5 (0.6 kill + LD) P                  precursors
    B'     = kout B0 P - (kout + kill + LD) B                                    B cells
    M'     = kmem (1-M) - 0.3 (kill + LD) M                                      memory share of B cells
    R'     = krel (1-R) - 0.08 kill R                                            autoreactive share
    PB'    = kpb (B/B0 - PB)                                                     plasmablasts
    Ig'    = kdeg (fLL + (1-fLL) PB - Ig)                                        each class, share of baseline
    AB'    = kdeg (fLL + (1-fLL) PB R - AB)                                      anti-dsDNA
    A'     = kact (0.6 AB + 0.4 PB R - A)                                        latent activity
    C3     = C3healthy / (1 + (C3healthy/C3active - 1) A)                        quasi-steady: half-life 2.5 d
"""

import math
from bisect import bisect_right
from itertools import pairwise

import msgspec

from firstdose.simulate.course import Course
from firstdose.simulate.people import drawn, drawn_share
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.streams import Stream

_START_D, _FINE_UNTIL_D, _FINE_STEP_D = -14, 42, 0.125
_LN2 = math.log(2.0)


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own parameters, drawn once; the names are those of ``Scenario``."""

    spike: float
    spike_half_life: float
    lag: float
    peak: float
    fold: float
    start: float
    contraction_half_life: float
    slow_half_life: float
    slow_share: float
    later_factor: float
    copies_per_cell: float
    b_cells: float
    turnover: float
    kill_rate: float
    kill_half_level: float
    precursor_recovery: float
    memory_half_life: float
    autoreactive_half_life: float
    lymphodepletion_kill: float
    long_lived: tuple[float, float, float, float, float]
    half_lives: tuple[float, float, float, float, float]
    t_cells: float
    t_cell_kill: float
    t_cell_half_life: float
    nk_cells: float
    nk_cell_kill: float
    nk_cell_half_life: float


class Latent(msgspec.Struct, frozen=True):
    """The state at one moment; shares are of baseline, cells per uL."""

    b_cells: float
    precursors: float
    memory: float
    autoreactive: float
    plasmablasts: float
    igg: float
    igm: float
    iga: float
    ige: float
    anti_dsdna: float
    activity: float
    t_cells: float
    nk_cells: float


class Physiology(msgspec.Struct, frozen=True):
    """The course of the state of one participant over time."""

    traits: Traits
    course: Course
    days: list[float]
    states: list[tuple[float, ...]]

    def at(self, day: float) -> Latent:
        """The state at a moment: linear between grid days, at rest before the grid."""
        i = bisect_right(self.days, day) - 1
        if i < 0:
            return Latent(*self.states[0])
        if i + 1 >= len(self.days):
            return Latent(*self.states[-1])
        share = (day - self.days[i]) / (self.days[i + 1] - self.days[i])
        return Latent(*[a + share * (b - a) for a, b in zip(self.states[i], self.states[i + 1], strict=True)])

    def transgene_level(self, day: float) -> float:
        """The true level of the transgene in blood [copies/ug]."""
        return compute_level(self.traits, self.course, day)

    def kill(self, day: float) -> float:
        """The share of the maximal killing of B cells at a moment, 0 to 1."""
        level = self.transgene_level(day)
        return level / (self.traits.kill_half_level + level)


def draw_traits(stream: Stream, scenario: Scenario) -> Traits:
    """A person's own parameters."""
    s = scenario
    return Traits(
        spike=drawn(stream, "spike", s.spike),
        spike_half_life=drawn(stream, "spike_half_life", s.spike_half_life),
        lag=drawn(stream, "expansion_lag", s.expansion_lag),
        peak=drawn(stream, "expansion_peak", s.expansion_peak),
        fold=max(drawn(stream, "expansion_fold", s.expansion_fold), 1.1),
        start=drawn(stream, "expansion_start", s.expansion_start),
        contraction_half_life=drawn(stream, "contraction_half_life", s.contraction_half_life),
        slow_half_life=drawn(stream, "slow_half_life", s.slow_half_life),
        slow_share=drawn_share(stream, "slow_share", s.slow_share),
        later_factor=s.later_infusion_factor.typical,
        copies_per_cell=drawn(stream, "vector_copy_number", s.vector_copy_number),
        b_cells=drawn(stream, "b_cells", s.b_cells),
        turnover=drawn(stream, "b_cell_turnover", s.b_cell_turnover),
        kill_rate=drawn(stream, "kill_rate", s.kill_rate),
        kill_half_level=drawn(stream, "kill_half_level", s.kill_half_level),
        precursor_recovery=drawn(stream, "precursor_recovery", s.precursor_recovery),
        memory_half_life=drawn(stream, "memory_half_life", s.memory_half_life),
        autoreactive_half_life=drawn(stream, "autoreactive_half_life", s.autoreactive_half_life),
        lymphodepletion_kill=drawn(stream, "lymphodepletion_kill", s.lymphodepletion_kill),
        long_lived=(
            drawn_share(stream, "igg_long_lived", s.igg_long_lived),
            drawn_share(stream, "igm_long_lived", s.igm_long_lived),
            drawn_share(stream, "iga_long_lived", s.iga_long_lived),
            drawn_share(stream, "ige_long_lived", s.ige_long_lived),
            drawn_share(stream, "anti_dsdna_long_lived", s.anti_dsdna_long_lived),
        ),
        half_lives=(
            drawn(stream, "igg_half_life", s.igg_half_life),
            drawn(stream, "igm_half_life", s.igm_half_life),
            drawn(stream, "iga_half_life", s.iga_half_life),
            drawn(stream, "ige_half_life", s.ige_half_life),
            # anti-dsDNA that matters is IgG
            drawn(stream, "igg_half_life", s.igg_half_life),
        ),
        t_cells=drawn(stream, "t_cells", s.t_cells),
        t_cell_kill=drawn(stream, "t_cell_kill", s.t_cell_kill),
        t_cell_half_life=drawn(stream, "t_cell_recovery_half_life", s.t_cell_recovery_half_life),
        nk_cells=drawn(stream, "nk_cells", s.nk_cells),
        nk_cell_kill=drawn(stream, "nk_cell_kill", s.nk_cell_kill),
        nk_cell_half_life=drawn(stream, "nk_cell_recovery_half_life", s.nk_cell_recovery_half_life),
    )


def compute_level(traits: Traits, course: Course, day: float) -> float:
    """The transgene level of all infusions given up to a moment [copies/ug].

    The expansion starts at ``start`` per 1e9 cells after a lag and grows ``fold`` times until the peak,
    then contracts in two phases (the form of Stein AM et al. 2019).
    """
    level = 0.0
    for k, infusion in enumerate(course.infusions):
        u = day - infusion.day
        if u < 0.0:
            continue
        dose = infusion.cells_1e9 * traits.later_factor**k
        level += dose * (traits.spike * _halved(u / traits.spike_half_life) + _expansion(traits, u))
    return level


def _halved(half_lives: float) -> float:
    return math.exp(-_LN2 * half_lives)


def _expansion(traits: Traits, u: float) -> float:
    peak_d = max(traits.peak, traits.lag + 0.5)
    if u < traits.lag:
        return traits.start * u / traits.lag
    if u < peak_d:
        return traits.start * math.exp(math.log(traits.fold) * (u - traits.lag) / (peak_d - traits.lag))
    past = u - peak_d
    fast = (1.0 - traits.slow_share) * _halved(past / traits.contraction_half_life)
    slow = traits.slow_share * _halved(past / max(traits.slow_half_life, traits.contraction_half_life))
    return traits.start * traits.fold * (fast + slow)


def compute_physiology(traits: Traits, scenario: Scenario, course: Course) -> Physiology:
    """The state of a participant from rest to the end of follow-up."""
    n_fine = int((_FINE_UNTIL_D - _START_D) / _FINE_STEP_D)
    days = [_START_D + _FINE_STEP_D * i for i in range(n_fine + 1)]
    days += [float(day) for day in range(_FINE_UNTIL_D + 1, math.ceil(course.end_d) + 1)]
    days = days[: max(bisect_right(days, course.end_d) + 1, 2)]
    b0 = traits.b_cells
    state: tuple[float, ...] = (b0, *(1.0,) * 10, traits.t_cells, traits.nk_cells)
    states = [state]
    for day, after in pairwise(days):
        state = _step(state, traits, scenario, course, day=day, step_d=after - day)
        states.append(state)
    return Physiology(traits, course, days, states)


def _step(
    state: tuple[float, ...], traits: Traits, scenario: Scenario, course: Course, *, day: float, step_d: float
) -> tuple[float, ...]:
    b, p, m, r, pb, igg, igm, iga, ige, ab, a, t, nk = state
    t_ = traits
    level = compute_level(t_, course, day)
    kill = t_.kill_rate * level / (t_.kill_half_level + level)
    depleting = 1.0 if math.floor(day) in course.lymphodepletion_days else 0.0
    ld = t_.lymphodepletion_kill * depleting
    b0 = t_.b_cells
    precursors_killed = 0.5 * (0.6 * kill + ld)
    b_new = _advance(b, t_.turnover * b0 * p, t_.turnover + kill + ld, step_d)
    # logistic regrowth with its linear part treated as loss: exact for the loss, never below zero
    recovery = t_.precursor_recovery
    p_new = _advance(p, recovery * p + 0.002, recovery * p + 0.002 + precursors_killed, step_d)
    k_memory = _LN2 / t_.memory_half_life
    m_new = _advance(m, k_memory, k_memory + 0.3 * (kill + ld), step_d)
    k_relapse = _LN2 / t_.autoreactive_half_life
    r_new = _advance(r, k_relapse, k_relapse + 0.08 * kill, step_d)
    k_pb = scenario.plasmablast_turnover.typical
    pb_new = _advance(pb, k_pb * b / b0, k_pb, step_d)
    antibodies = []
    for value, source, share, half_life in zip(
        (igg, igm, iga, ige, ab), (pb, pb, pb, pb, pb * r), t_.long_lived, t_.half_lives, strict=True
    ):
        k = _LN2 / half_life
        antibodies.append(_advance(value, k * (share + (1.0 - share) * source), k, step_d))
    k_activity = _LN2 / scenario.activity_half_life.typical
    by_antibody = scenario.autoantibody_share.typical
    a_new = _advance(a, k_activity * (by_antibody * ab + (1.0 - by_antibody) * pb * r), k_activity, step_d)
    k_t, k_nk = _LN2 / t_.t_cell_half_life, _LN2 / t_.nk_cell_half_life
    t_new = _advance(t, k_t * t_.t_cells, k_t + t_.t_cell_kill * depleting, step_d)
    nk_new = _advance(nk, k_nk * t_.nk_cells, k_nk + t_.nk_cell_kill * depleting, step_d)
    return (b_new, p_new, m_new, r_new, pb_new, *antibodies, a_new, t_new, nk_new)


def _advance(value: float, production: float, loss_rate: float, step_d: float) -> float:
    """Solve ``value' = production - loss_rate * value`` over a step, exactly."""
    steady = production / loss_rate
    return steady + (value - steady) * math.exp(-loss_rate * step_d)
