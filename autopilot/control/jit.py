"""Compile where numba is there, run plainly where it is not.

Kernel functions are plain Python on floats and arrays. `jit` marks one that is compiled into its callers; `entry` makes
the one function that Python calls, compiled for a fixed signature and kept on disk. With `NUMBA_DISABLE_JIT=1`, or on a
Python that numba does not know yet, both give the function back as it is.

`fastmath` stays off and division by zero is never relied upon, so that compiled and plain runs agree bit for bit. This
module imports numba (0.4 s): import it late.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from autopilot.control.compiler_watch import COMPILER

F = TypeVar("F", bound=Callable[..., Any])

try:
    import numba
    from numba.core import event, registry
    from numba.core.compiler_lock import global_compiler_lock
except ImportError:  # no numba for this Python: the same functions run as they are
    numba = None
else:

    class _Listener(event.Listener):  # type: ignore[misc]  # numba has no types
        """Hears numba compile; what comes from its cache is no compilation."""

        def on_start(self, event: Any) -> None:
            COMPILER.begins()

        def on_end(self, event: Any) -> None:
            """It stays noted."""

    event.register("numba:compile", _Listener())

#: True where kernel functions run compiled.
COMPILED: bool = numba is not None and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def jit(function: F) -> F:
    """Compile `function` into whoever calls it."""
    if not COMPILED:
        return function
    compiled: F = numba.njit(error_model="numpy")(function)
    return compiled


def inline(function: F) -> F:
    """As `jit`, never left as a call: for a part of a function that stands in another file. LLVM by itself leaves long
    ones as calls, which cost a tenth of the kernel's speed."""
    if not COMPILED:
        return function
    compiled: F = numba.njit(error_model="numpy", forceinline=True)(function)
    return compiled


def entry(signature: str, function: F) -> F:
    """Compile `function` now for `signature`, from the disk cache if nothing has changed. Other threads run meanwhile.

    numba knows a cached function again by its file and its closure only, not by the helpers that it calls: the caller
    makes `function` close over the `fingerprint` of all sources.
    """
    if not COMPILED:
        return function
    with global_compiler_lock:  # what numba has never more than once, is taken in here: see `test_jit.py`
        registry.cpu_target.target_context.refresh()
    try:
        compiled = numba.njit(error_model="numpy", nogil=True, cache=True)(function)
    except (RuntimeError, OSError):  # no place for a cache (read-only without a home): compile each time
        compiled = numba.njit(error_model="numpy", nogil=True)(function)
    try:
        compiled.compile(signature)
    except OSError:  # the cache cannot be written (a full disk: it is compiled all the same), or not be read
        if not compiled.overloads:
            compiled = numba.njit(error_model="numpy", nogil=True)(function)
            compiled.compile(signature)
    compiled.disable_compile()
    only: F = compiled
    return only


def source_files(*modules: ModuleType) -> list[Path]:
    """The sources of `modules`; of a package: all files that lie directly in it, so that none can be forgotten."""
    files: list[Path] = []
    for module in modules:
        file = Path(module.__file__ or "")
        files += sorted(file.parent.glob("*.py")) if hasattr(module, "__path__") else [file]
    return files


def fingerprint(files: Iterable[Path]) -> str:
    """What a compiled kernel is known by again: the contents of its sources."""
    digest = hashlib.sha256()
    for source in files:
        digest.update(source.read_bytes())
    return digest.hexdigest()
