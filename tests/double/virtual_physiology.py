"""The equations of a virtual participant solved by an adaptive solver, written from the published forms.

Spike, lag, expansion and two-phase contraction of the product (Stein 2019 form); turnover of B cells with
killing that saturates in the product; antibodies with a share from long-lived plasma cells; activity that
relaxes to its causes. Time in days, levels in copies/ug, everything else as share of baseline.
"""

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp


def level(p: dict[str, float], infusions: Sequence[tuple[float, float]], t: float) -> float:
    total = 0.0
    for k, (day, cells) in enumerate(infusions):
        u = t - day
        if u < 0:
            continue
        peak_d = max(p["peak"], p["lag"] + 0.5)
        rho = math.log(p["fold"]) / (peak_d - p["lag"])
        if u < p["lag"]:
            grown = p["start"] * u / p["lag"]
        elif u < peak_d:
            grown = p["start"] * math.exp(rho * (u - p["lag"]))
        else:
            alpha = math.log(2) / p["contraction_half_life"]
            beta = min(math.log(2) / p["slow_half_life"], alpha)
            fb = p["slow_share"]
            w = u - peak_d
            grown = p["start"] * p["fold"] * ((1 - fb) * math.exp(-alpha * w) + fb * math.exp(-beta * w))
        spike = p["spike"] * math.exp(-math.log(2) * u / p["spike_half_life"])
        total += cells * p["later_factor"] ** k * (spike + grown)
    return total


def solve(
    p: dict[str, float],
    infusions: Sequence[tuple[float, float]],
    depletion_days: Sequence[int],
    at: Sequence[float],
) -> dict[str, list[float]]:
    """B cells, IgM, anti-dsDNA and activity at the days asked for, in rising order."""
    breaks = sorted(
        {-14.0, at[-1]}
        | {float(d) for d in depletion_days}
        | {float(d + 1) for d in depletion_days}
        | {d for d, _ in infusions}
    )
    state = np.ones(7)
    solved: dict[float, np.ndarray] = {-14.0: state}

    def slope(t: float, y: np.ndarray, *, ld: float) -> list[float]:
        b, pre, r, pb, igm, ab, a = y
        c = level(p, infusions, t)
        kill = p["kill_rate"] * c / (p["kill_half_level"] + c)
        k_m, k_g = math.log(2) / p["igm_half_life"], math.log(2) / p["igg_half_life"]
        return [
            p["turnover"] * (pre - b) - (kill + ld) * b,
            p["precursor_recovery"] * pre * (1 - pre) + 0.002 * (1 - pre) - 0.5 * (0.6 * kill + ld) * pre,
            math.log(2) / p["autoreactive_half_life"] * (1 - r) - 0.08 * kill * r,
            0.10 * (b - pb),
            k_m * (p["igm_long_lived"] + (1 - p["igm_long_lived"]) * pb - igm),
            k_g * (p["ab_long_lived"] + (1 - p["ab_long_lived"]) * pb * r - ab),
            math.log(2) / 14 * (0.6 * ab + 0.4 * pb * r - a),
        ]

    for start, stop in pairwise(breaks):
        ld = p["lymphodepletion_kill"] if math.floor(start) in depletion_days else 0.0
        wanted = [t for t in at if start < t <= stop]
        run = solve_ivp(
            partial(slope, ld=ld), (start, stop), state,
            t_eval=sorted({*wanted, stop}), rtol=1e-6, atol=1e-9, max_step=1.0,
        )  # fmt: skip
        solved |= {t: run.y[:, i] for i, t in enumerate(run.t)}
        state = run.y[:, -1]
    rows = [solved[t] for t in at]
    names = {"b_cells": 0, "igm": 4, "anti_dsdna": 5, "activity": 6}
    return {name: [float(row[i]) for row in rows] for name, i in names.items()}
