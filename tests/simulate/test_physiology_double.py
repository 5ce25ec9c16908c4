"""The hidden state against an adaptive solver of the same equations."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.double import virtual_physiology

from firstdose.simulate.course import Course, Infusion
from firstdose.simulate.physiology import compute_level, compute_physiology, draw_traits
from firstdose.simulate.scenario import Scenario
from firstdose.simulate.streams import open_stream

AT = (-4.5, -1.0, 1.0, 5.0, 14.0, 28.0, 60.0, 120.0, 200.0)
TOLERANCE = 0.05
"""Share of baseline: the grid holds the killing constant over an eighth of a day, early in steep changes."""


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 2**63),
    infusions=st.sampled_from([((0.0, 0.75),), ((0.3, 6.0),), ((0.0, 3.0), (7.2, 3.0), (14.1, 3.0))]),
)
def test_the_stepped_state_agrees_with_an_adaptive_solution(
    seed: int, infusions: tuple[tuple[float, float], ...]
) -> None:
    traits = draw_traits(open_stream(np.random.default_rng(seed)), Scenario())
    course = Course(
        lymphodepletion_days=(-5, -4, -3),
        infusions=tuple(Infusion(day, cells_1e9) for day, cells_1e9 in infusions),
    )
    parameters = {
        name: value for name in traits.__struct_fields__ if isinstance(value := getattr(traits, name), float)
    } | {
        "igg_half_life": traits.half_lives[0],
        "igm_half_life": traits.half_lives[1],
        "igm_long_lived": traits.long_lived[1],
        "ab_long_lived": traits.long_lived[4],
    }
    for day in (0.01, 0.5, 3.0, 6.0, 9.0, 20.0, 40.0):
        expected = virtual_physiology.level(parameters, infusions, day)
        assert abs(compute_level(traits, course, day) - expected) <= 1e-9 * expected
    physiology = compute_physiology(traits, Scenario(), course)
    for name, values in virtual_physiology.solve(parameters, infusions, (-5, -4, -3), AT).items():
        scale = traits.b_cells if name == "b_cells" else 1.0
        for day, value in zip(AT, values, strict=True):
            assert abs(getattr(physiology.at(day), name) / scale - value) < TOLERANCE, (name, day)
