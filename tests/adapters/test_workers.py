"""Parts of a computation on this machine and on a dask cluster: the same result, and one sentence where it fails."""

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import dask
import distributed
import pytest

from firstdose.adapters.workers import WorkerFault, map_chunks
from firstdose.design import DesignSpecification, compile_table
from firstdose.design.rules.crm_specification import CrmSpecification
from firstdose.design.simulated.characteristics import SimulatedCharacteristics
from firstdose.design.simulated.chunks import ScenarioChunk, add_up_grid, simulate_scenario_chunk, split_grid

SCENARIOS = ((0.05, 0.12, 0.25, 0.45), (0.3, 0.4, 0.5, 0.6))


@cache
def parts() -> tuple[ScenarioChunk, ...]:
    plain: dict[str, Any] = {
        "n_levels": 4,
        "target_rate": Decimal("0.25"),
        "max_n": 12,
        "max_n_per_level": 12,
        "mtd_min_n": 3,
    }
    skeleton = tuple(map(Decimal, ("0.08", "0.16", "0.25", "0.35")))
    crm = CrmSpecification(skeleton=skeleton, target_rate=Decimal("0.25"))
    tables = [
        compile_table(DesignSpecification(rule="boin", **plain)),
        compile_table(DesignSpecification(rule="crm", crm=crm, **plain)),
    ]
    return split_grid(tables, SCENARIOS, n_trials=2_000, seed=7, chunk=700)


@cache
def in_one_process() -> tuple[SimulatedCharacteristics, ...]:
    return add_up_grid(map_chunks(simulate_scenario_chunk, parts(), n_workers=1))


def start_cluster(n_workers: int) -> distributed.LocalCluster:
    """A scheduler on loopback, on ports that are free, with workers that are processes."""
    return distributed.LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=n_workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tcp://",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        silence_logs=50,
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster that gives up a part with the first worker that it loses."""
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), start_cluster(2) as local:
        yield local.scheduler_address.replace("tcp://", "dask://")


class Told:
    """Keeps the progress that it is told."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []

    def __call__(self, done: int, total: int) -> None:
        self.steps.append((done, total))


def test_two_processes_find_the_same_as_one_to_the_last_bit() -> None:
    told = Told()
    found = add_up_grid(map_chunks(simulate_scenario_chunk, parts(), n_workers=2, progress=told))
    assert found == in_one_process()
    assert told.steps == [(done, 12) for done in range(13)]


def test_a_dask_cluster_finds_the_same_as_one_process_to_the_last_bit(cluster: str) -> None:
    told = Told()
    found = add_up_grid(map_chunks(simulate_scenario_chunk, parts(), on=cluster, progress=told))
    assert found == in_one_process()
    assert told.steps == [(done, 12) for done in range(13)]


def test_the_parts_do_not_change_the_result() -> None:
    other = split_grid([parts()[0].table, parts()[-1].table], SCENARIOS, n_trials=2_000, seed=7, chunk=1_999)
    assert add_up_grid(map_chunks(simulate_scenario_chunk, other, n_workers=1)) == in_one_process()


def test_results_stand_in_the_order_of_their_parts() -> None:
    told = Told()
    assert map_chunks(abs, [-3, 2, -1], n_workers=1, progress=told) == [3, 2, 1]
    assert told.steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert map_chunks(abs, list(range(-20, 0)), n_workers=2) == list(range(20, 0, -1))
    assert map_chunks(abs, []) == []


def test_what_the_function_raises_is_passed_on(cluster: str) -> None:
    for where in ({"n_workers": 1}, {"n_workers": 2}, {"on": cluster}):
        with pytest.raises(ValueError, match="invalid literal"):
            map_chunks(int, ["1", "one"], **where)


def _said(chunks: Sequence[Any] = (1,), **where: Any) -> str:
    """The one sentence of a failure; a process that is given a number ends with it."""
    with pytest.raises(WorkerFault) as caught:
        map_chunks(os._exit, chunks, **where)
    said = str(caught.value)
    assert said == str(caught.value.fault)
    assert "\n" not in said
    return said


def test_a_process_that_is_lost_is_told() -> None:
    assert _said([3, 3], n_workers=2).startswith("a process ended before its part was done; ask for fewer")


def test_no_process_is_no_worker() -> None:
    assert _said(n_workers=0) == "0 processes cannot work; write 1 or more"


# fmt: off
WRONG_ADDRESSES = [
    "dask://127.0.0.1",         # no port
    "dask://:8786",             # no host
    "dask://host:99999",        # no such port
    "dask://host:port",
    "tcp://127.0.0.1:8786",     # another scheme
    "127.0.0.1:8786",
    "dask://host:8786/status",
    "",
]
# fmt: on


@pytest.mark.parametrize("address", WRONG_ADDRESSES)
def test_an_address_that_is_none_is_told(address: str) -> None:
    assert _said(on=address).startswith(f"{address!r} names no workers; write dask://HOST:PORT")


def test_a_scheduler_that_does_not_answer_is_told() -> None:
    with socket.socket() as bound:
        # bound and not listening: nobody else takes the port, and nobody answers
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        said = _said(on=f"dask://127.0.0.1:{port}", connect_s=0.3)
    assert said == f"no scheduler answers at 127.0.0.1:{port}; check host and port, and that it runs"


def test_a_scheduler_without_workers_is_told() -> None:
    with start_cluster(0) as empty:
        said = _said(on=empty.scheduler_address.replace("tcp://", "dask://"), connect_s=0.3)
    assert "has no worker; start one" in said


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = _said(on="dask://127.0.0.1:8786")
    assert said == "workers of a dask cluster need a package; install firstdose[cluster]"


def test_a_lost_worker_of_a_cluster_is_told(cluster: str) -> None:
    # the last test on this cluster: its workers are started anew meanwhile
    assert "were lost before their parts were done" in _said(on=cluster)
