"""Work for processes of their own, one for each core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from sortie.runtime.signals import kept_from_workers, leave_to_parent

T = TypeVar("T")
R = TypeVar("R")


def in_processes(work: Callable[[T], R], orders: Sequence[T], processes: int) -> list[R]:
    """Results of `work` for each order, in so many processes; in this one where one is enough."""
    if processes <= 1 or len(orders) <= 1:
        return [work(order) for order in orders]
    pool = ProcessPoolExecutor(min(processes, len(orders)), get_context("spawn"), leave_to_parent)
    try:
        with kept_from_workers():
            results = pool.map(work, orders)
        return list(results)
    finally:
        # After a signal nothing of the queue begins. What is under way is waited for, tenths of a second: an
        # interpreter that ends while the pool closes its pipes prints a traceback of its own (CPython 3.11).
        pool.shutdown(wait=True, cancel_futures=True)
