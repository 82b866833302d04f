"""Parallel work in worker processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from sortie.runtime.signals import kept_from_workers, leave_to_parent

T = TypeVar("T")
R = TypeVar("R")


def in_processes(work: Callable[[T], R], orders: Sequence[T], processes: int) -> list[R]:
    """Return the results of `work` for each order, computed in up to `processes` processes. A single order runs in this
    process."""
    if processes <= 1 or len(orders) <= 1:
        return [work(order) for order in orders]
    pool = ProcessPoolExecutor(min(processes, len(orders)), get_context("spawn"), leave_to_parent)
    try:
        with kept_from_workers():
            results = pool.map(work, orders)
        return list(results)
    finally:
        # After a signal no further order begins. Running ones are awaited (tenths of a second): an interpreter that
        # ends while the pool closes its pipes prints a traceback (CPython 3.11).
        pool.shutdown(wait=True, cancel_futures=True)
