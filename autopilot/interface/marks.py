"""Marks for functions that are compiled into their callers.

Kernel functions are plain Python on floats and arrays. `jit` and `inline` note that a function may be compiled into
others and give it back as it is; `autopilot.control.jit` tells numba of them when an entry is to be compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

MARKED: Final[list[tuple[Callable[..., Any], bool]]] = []
"""Functions that numba has not been told of yet; of each, whether it is never left as a call."""


def jit(function: F) -> F:
    """Note that `function` is compiled into whoever calls it."""
    MARKED.append((function, False))
    return function


def inline(function: F) -> F:
    """Compile as `jit` does, never left as a call: for a part of a function that stands in another file. LLVM by itself
    leaves long ones as calls, which cost a tenth of the kernel's speed."""
    MARKED.append((function, True))
    return function
