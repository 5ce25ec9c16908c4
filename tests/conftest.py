"""What all tests share: the bundled study rehearsed once."""

import os
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from firstdose.adapters.store_memory import MemoryStore
from firstdose.record.fold import fold
from firstdose.record.state import State
from firstdose.simulate.scenario import Scenario
from firstdose.study.rehearse import rehearse
from tests.trials import bundled_protocol

REHEARSED_SEED = 7

# Properties have no deadline: a busy machine is no fault of the trial. On a build server the examples are the same
# each time; elsewhere they are new ones.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("build server", settings.get_profile("here"), derandomize=True)
settings.load_profile("build server" if os.environ.get("CI") else "here")


class Rehearsed(NamedTuple):
    """A whole trial; only to be looked at."""

    store: MemoryStore
    state: State


@pytest.fixture(scope="session")
def rehearsed() -> Rehearsed:
    """The bundled study rehearsed to its end."""
    store = MemoryStore()
    for _ in rehearse(store, bundled_protocol(), REHEARSED_SEED, Scenario()):
        pass
    return Rehearsed(store, fold(store.read()))
