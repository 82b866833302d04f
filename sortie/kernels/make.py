"""Steps from the sources to libraries."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

from sortie.kernels.entries import PARTS, SHARED
from sortie.kernels.linking import NoLinkerError, linker, write_library
from sortie.kernels.lowering import compile_ahead, lower
from sortie.kernels.notes import KernelSources
from sortie.kernels.objects import emit_object
from sortie.kernels.targets import TARGETS, Machine


def make(name: str, sources: KernelSources, folder: Path) -> Iterator[Path]:
    """Make the library of the target `name`, or of `all`, in `folder`; yields each file. NoLinkerError without a
    linker."""
    targets = [target for target in TARGETS if name in ("all", target.name)]
    if not targets:
        raise NoLinkerError(f"there is no target {name}")
    for target in targets:
        linker(target)
    with _processes() as processes:
        parts = list(processes.map(partial(_emitted, targets), range(len(PARTS))))
    for target, *codes in zip(targets, *parts, strict=True):
        yield write_library(target, codes, sources, folder)


def _processes() -> ProcessPoolExecutor:
    """Return a process for each part. Where a process can be forked, helpers that the parts share are compiled before,
    once."""
    if sys.platform != "linux" or "fork" not in get_all_start_methods():
        return ProcessPoolExecutor(len(PARTS))
    compile_ahead(SHARED)
    return ProcessPoolExecutor(len(PARTS), mp_context=get_context("fork"))


def _emitted(targets: Sequence[Machine], part: int) -> list[bytes]:
    """Return the object code of a part for each target. Must run in its own process (`lower`)."""
    module = lower(PARTS[part])
    return [emit_object(module, target, first=part == 0) for target in targets]
