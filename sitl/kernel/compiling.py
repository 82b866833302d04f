"""How a kernel's `advance` is compiled and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from autopilot import control
from autopilot.control.jit import COMPILED, entry, fingerprint, source_files
from autopilot.interface import fields, geo, layout, report
from sitl import kernel

_ROWS = "float64[:,::1]"
#: State, settings, target, noise, quantiles, report, heights of the ground, each row's until_ms.
SIGNATURE = f"int64({_ROWS}, {_ROWS}, {_ROWS}, uint64[:,::1], float64[::1], {_ROWS}, float32[:,::1], float64[::1])"


def compiled_files() -> list[Path]:
    """All that can be compiled into a kernel: this folder, the control functions, and what they import."""
    return source_files(control, kernel, fields, geo, layout, report)


def sources() -> str:
    """The fingerprint of all that can be compiled into a kernel: numba's cache looks at the kernel's file only."""
    return fingerprint(compiled_files())


def compile_kernel(advance: Callable[..., int]) -> Callable[..., int]:
    """The `advance` of a kernel, compiled or from the disk."""
    compiled = entry(SIGNATURE, advance)
    if COMPILED:
        return compiled
    return np.errstate(over="ignore")(compiled)  # splitmix64 wraps around: meant, but numpy's scalars warn of it
