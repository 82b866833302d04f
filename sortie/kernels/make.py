"""All steps from the sources to libraries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sortie.kernels.entries import ENTRIES
from sortie.kernels.linking import NoLinkerError, linker, write_library
from sortie.kernels.lowering import lower
from sortie.kernels.objects import emit_object
from sortie.kernels.targets import TARGETS


def make(name: str, fingerprint: str, folder: Path) -> Iterator[Path]:
    """The library of the target `name`, or those of `all`, into `folder`; yields each file. NoLinkerError where there
    is nothing to link with."""
    targets = [target for target in TARGETS if name in ("all", target.name)]
    if not targets:
        raise NoLinkerError(f"there is no target {name}")
    for target in targets:
        linker(target)
    module = lower(ENTRIES)
    for target in targets:
        yield write_library(target, emit_object(module, target), fingerprint, folder)
