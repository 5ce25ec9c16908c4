"""The CRM as the R package dfcrm answers in the examples of other packages."""

from decimal import Decimal

import pytest

from firstdose.design.rules.crm import assign_closest_levels, compute_crm_posterior
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.rules.skeleton import compute_skeleton

SKELETON = tuple(map(Decimal, ("0.05", "0.1", "0.25", "0.4", "0.6")))


def test_a_skeleton_of_getprior() -> None:
    # getprior(0.05, 0.3, 5, 10) as printed in the script of a vignette of the package trialr on the two-parameter
    # model of Neuenschwander 2008 (found by its comment "Obtained using dfcrm::getprior"); half of the last digit
    printed = (0.03, 0.06, 0.12, 0.20, 0.30, 0.40, 0.50, 0.59, 0.67, 0.74)
    found = compute_skeleton(half_width=0.05, target_rate=0.3, prior_mtd=5, n_levels=10)
    assert found == pytest.approx(printed, abs=0.005)


# The levels that dfcrm recommends, as printed on the reference pages of the package escalation
# (brockk.github.io/escalation/reference, get_dfcrm and follow_path); target 0.25; participants and DLTs per level
# fmt: off
RECOMMENDED = {
    "1NNN 2NTN": ((3, 3, 0, 0, 0), (0, 1, 0, 0, 0), 2),
    "1NNN 2NT":  ((3, 2, 0, 0, 0), (0, 1, 0, 0, 0), 2),
}
# fmt: on


@pytest.mark.parametrize("case", RECOMMENDED.values(), ids=RECOMMENDED.keys())
def test_the_level_that_dfcrm_recommends(case: tuple[tuple[int, ...], tuple[int, ...], int]) -> None:
    n, n_dlt, printed = case
    spec = CrmSpecification(skeleton=SKELETON, target_rate=Decimal("0.25"))
    posterior = compute_crm_posterior(spec, [n], [n_dlt])
    assert assign_closest_levels(posterior.rates, 0.25).tolist() == [printed]
