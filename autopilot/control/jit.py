"""numba's part, where it is numba that compiles: marked functions (`autopilot.interface.marks`) into entries.

numba is imported (0.4 s) when an entry is to be compiled, not before, and never where the library flies. `fastmath`
stays off and division by zero is never relied upon, so that compiled and plain runs agree bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from autopilot.control.compiler_watch import COMPILER
from autopilot.interface.marks import MARKED

#: numba's options for every function: division by zero as numpy has it.
OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy"}


def register_marked(**options: Any) -> None:
    """Tell numba of all functions marked so far; `options` besides `OPTIONS`."""
    from numba.extending import register_jitable

    while MARKED:
        function, always = MARKED.pop()
        register_jitable(**OPTIONS, **options, forceinline=always)(function)


def compile_entry(signature: str, function: Callable[..., Any], fingerprint: str) -> Callable[..., Any]:
    """Compile `function` now for `signature`, or take it from the disk if nothing has changed: numba knows a cached
    function again by its own file, not by the helpers that it calls, and by the `fingerprint` of all sources. Other
    threads run meanwhile."""
    numba = _numba()
    register_marked(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    compiled = numba.njit(**OPTIONS, nogil=True)(function)
    _keep_on_disk(compiled, function, fingerprint)
    try:
        compiled.compile(signature)
    except OSError:  # the cache cannot be written (a full disk: it is compiled all the same), or not be read
        if not compiled.overloads:
            compiled = numba.njit(**OPTIONS, nogil=True)(function)
            compiled.compile(signature)
    compiled.disable_compile()
    called: Callable[..., Any] = compiled
    return called


def _keep_on_disk(compiled: Any, function: Callable[..., Any], fingerprint: str) -> None:
    from numba.core.caching import FunctionCache

    class SourceCache(FunctionCache):  # type: ignore[misc]  # numba has no types
        """numba's cache, by the contents of all sources."""

        def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
            return (*super()._index_key(sig, codegen), fingerprint)

    try:
        compiled._cache = SourceCache(function)
    except (RuntimeError, OSError):  # no place for a cache (read-only without a home): compile each time
        return


@cache
def _numba() -> Any:
    """The module, listened to, with what it registers once registered."""
    import numba
    from numba.core import event, registry
    from numba.core.compiler_lock import global_compiler_lock

    class CompileListener(event.Listener):  # type: ignore[misc]  # numba has no types
        """Hears numba compile; what comes from its cache is no compilation."""

        def on_start(self, event: Any) -> None:
            COMPILER.begins()

        def on_end(self, event: Any) -> None:
            """Keep the note: the process has compiled."""

    event.register("numba:compile", CompileListener())
    with global_compiler_lock:  # what numba has never more than once, is taken in here: see `test_jit.py`
        registry.cpu_target.target_context.refresh()
    return numba
