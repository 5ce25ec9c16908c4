"""What all tests share: the bundled study rehearsed once."""

from typing import NamedTuple

import pytest

from firstdose.adapters.store_memory import MemoryStore
from firstdose.record.fold import fold
from firstdose.record.state import State
from firstdose.simulate.scenario import Scenario
from firstdose.study.rehearse import rehearse
from tests.trials import bundled_protocol

REHEARSED_SEED = 7


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
