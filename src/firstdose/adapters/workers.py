"""Parts of a long computation, shared out to processes of this machine or to a dask cluster.

The core says what a part is and how results are added up; here they are only sent away and collected. Results come
back in the order of their parts, whoever finished first.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from os import cpu_count
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

from firstdose.terms.outcomes import Fault

if TYPE_CHECKING:
    from distributed import Client

Part = TypeVar("Part")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""``progress(done, total)``, called once before the first part and after each."""

CONNECT_S = 10
"""Seconds that a scheduler may take to answer, and then to have a worker."""
DASK = "dask"


class WorkerFault(Exception):  # noqa: N818 - a fault is the house's word for what is wrong outside the program
    """Workers that cannot be reached or did not finish, with one sentence."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def map_chunks(
    function: Callable[[Part], Result],
    chunks: Sequence[Part],
    *,
    on: str | None = None,
    n_workers: int | None = None,
    progress: Progress | None = None,
    connect_s: float = CONNECT_S,
) -> list[Result]:
    """The results of a function for each part, in their order.

    Parameters
    ----------
    function : callable
        A function of a module, so that another process finds it by its name.
    chunks : sequence
        Plain values.
    on : str, optional
        ``dask://HOST:PORT`` of the scheduler of a dask cluster on which firstdose is installed. What is sent is not
        encrypted: the cluster is in a network that can be trusted. If left out, processes of this machine.
    n_workers : int, optional
        Processes of this machine; as many as it has processors if left out. One works in the process that asks.
    progress : callable, optional
    connect_s : float
        Seconds that a scheduler may take to answer, and then to have a worker.

    Raises
    ------
    WorkerFault
        If workers cannot be reached or were lost. What the function itself raises is passed on.

    Examples
    --------
    >>> map_chunks(abs, [-3, 2], n_workers=1)
    [3, 2]
    """
    told = progress or _tell_nobody
    if not chunks:
        return []
    if on is not None:
        return _map_on_dask(function, chunks, _read_address(on), told, connect_s)
    wanted = cpu_count() or 1 if n_workers is None else n_workers
    if wanted < 1:
        raise WorkerFault(Fault(what=f"{wanted} processes cannot work", next="write 1 or more"))
    if wanted == 1:
        return _map_here(function, chunks, told)
    return _map_on_processes(function, chunks, min(wanted, len(chunks)), told)


def _tell_nobody(_done: int, _total: int) -> None:
    """No progress is asked for."""


def _map_here(function: Callable[[Part], Result], chunks: Sequence[Part], told: Progress) -> list[Result]:
    found = []
    told(0, len(chunks))
    for chunk in chunks:
        found.append(function(chunk))
        told(len(found), len(chunks))
    return found


def _map_on_processes(
    function: Callable[[Part], Result], chunks: Sequence[Part], n_workers: int, told: Progress
) -> list[Result]:
    # a fresh interpreter each: a copy of this one would share its open files and its locks
    pool = ProcessPoolExecutor(n_workers, mp_context=get_context("spawn"))
    try:
        futures = [pool.submit(function, chunk) for chunk in chunks]
        return _collect(futures, as_completed(futures), told)
    except BrokenProcessPool:
        raise WorkerFault(
            Fault(
                what="a process ended before its part was done",
                next="ask for fewer processes if memory is short; a script of your own asks under "
                'if __name__ == "__main__"',
            )
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _collect(
    futures: Sequence["Future[Result]"], finished: Iterator["Future[Result]"], told: Progress
) -> list[Result]:
    """The results as they come, told of each; in the order of the parts."""
    told(0, len(futures))
    for done, future in enumerate(finished, start=1):
        future.result()
        told(done, len(futures))
    return [future.result() for future in futures]


def _read_address(on: str) -> str:
    """Host and port of the scheduler."""
    try:
        parts = urlsplit(on)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme != DASK or parts.path not in ("", "/"):
        raise WorkerFault(
            Fault(what=f"{on!r} names no workers", next="write dask://HOST:PORT with the scheduler's port")
        )
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _map_on_dask(
    function: Callable[[Part], Result],
    chunks: Sequence[Part],
    address: str,
    told: Progress,
    connect_s: float,
) -> list[Result]:
    try:
        import distributed  # noqa: PLC0415 - only who has a cluster needs it
    except ImportError:
        raise WorkerFault(
            Fault(what="workers of a dask cluster need a package", next="install firstdose[cluster]")
        ) from None
    with _connect(address, connect_s) as client:
        # not pure: the cluster shall play every part, and not look for one that it has seen
        sent = client.map(function, chunks, pure=False)
        # a future of dask has what is asked of one here
        futures = cast("list[Future[Result]]", sent)
        finished = cast("Iterator[Future[Result]]", distributed.as_completed(sent, loop=client.loop))  # type: ignore[no-untyped-call]
        try:
            return _collect(futures, finished, told)
        except (CancelledError, distributed.KilledWorker, OSError):
            raise WorkerFault(
                Fault(
                    what=f"the workers at {address} were lost before their parts were done",
                    next="look at the log of the scheduler, and ask again",
                )
            ) from None


@contextmanager
def _connect(address: str, connect_s: float) -> Iterator["Client"]:
    """A client of a scheduler that has a worker."""
    from distributed import Client  # noqa: PLC0415 - it is there, as was asked before

    try:
        client = Client(f"tcp://{address}", timeout=connect_s, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError):
        raise WorkerFault(
            Fault(what=f"no scheduler answers at {address}", next="check host and port, and that it runs")
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=connect_s)
        except TimeoutError:
            raise WorkerFault(
                Fault(what=f"the scheduler at {address} has no worker", next="start one")
            ) from None
        yield client
