"""Marks for functions that are compiled into their callers.

Kernel functions are plain Python on floats and arrays. `jit` and `inline` register a function for compilation and
return it unchanged; `autopilot.control.jit` passes them to numba when an entry must be compiled. It also replaces
`call`, with which a kernel calls a function of the system.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

MARKED: Final[list[tuple[Callable[..., Any], bool]]] = []
"""Functions that were not passed to numba yet, each with True if it is always inlined."""


def jit(function: F) -> F:
    """Register `function` to be compiled into its callers."""
    MARKED.append((function, False))
    return function


def inline(function: F) -> F:
    """Register `function` like `jit`, but always inlined: for a part of a function in another file. LLVM by itself does
    not inline long functions, and their calls cost a tenth of the kernel's speed."""
    MARKED.append((function, True))
    return function


def call(address: int, a: int, b: int, c: int, d: int, e: int, f: int) -> int:
    """Call the C function at `address` with six whole numbers or addresses; its result is an `int` of C. Compiled code
    must not call C by name, because a library for every libc links none."""
    import ctypes  # most programs compile nothing and run nothing as plain Python

    function = ctypes.CFUNCTYPE(ctypes.c_int32, *6 * (ctypes.c_int64,))(int(address))
    result: int = function(*map(int, (a, b, c, d, e, f)))
    return result
