"""Compilation by numba: marked functions (`autopilot.interface.marks`) become entries.

numba is imported (0.4 s) only when an entry must be compiled, never with the library. `fastmath` stays off and nothing
depends on division by zero, so that compiled and plain runs agree bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from autopilot.control.compiler_watch import COMPILER
from autopilot.interface.marks import MARKED, call

#: numba's options for every function: division by zero as in numpy.
OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy"}


def register_marked(**options: Any) -> None:
    """Register all functions marked so far with numba; `options` are added to `OPTIONS`."""
    from numba.extending import register_jitable

    while MARKED:
        function, always = MARKED.pop()
        register_jitable(**OPTIONS, **options, forceinline=always)(function)
    _register_call(tuple(options.items()))


@cache
def _register_call(options: tuple[tuple[str, Any], ...]) -> None:
    """Register `marks.call` as a call through a pointer."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic, overload

    def emit(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        word = ir.IntType(64)
        pointer = builder.inttoptr(given[0], ir.FunctionType(ir.IntType(32), 6 * (word,)).as_pointer())
        return builder.sext(builder.call(pointer, given[1:]), word)

    @intrinsic  # type: ignore[untyped-decorator]  # numba has no types
    def through_pointer(_typing: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
        return types.int64(*7 * (types.int64,)), emit

    @overload(call, jit_options={**OPTIONS, **dict(options)}, strict=False)  # type: ignore[untyped-decorator]
    def compiled_call(address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
        return lambda address, a, b, c, d, e, f: through_pointer(address, a, b, c, d, e, f)


def compile_entry(signature: str, function: Callable[..., Any], fingerprint: str) -> Callable[..., Any]:
    """Compile `function` for `signature`, or load it from the disk if nothing has changed. numba identifies a cached
    function by its own file, without the helpers that it calls, so the `fingerprint` of all sources is added. Other
    threads run meanwhile."""
    numba = _numba()
    register_marked(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    compiled = numba.njit(**OPTIONS, nogil=True)(function)
    _keep_on_disk(compiled, function, fingerprint)
    try:
        compiled.compile(signature)
    except OSError:  # the cache cannot be written (full disk) or read; it is compiled anyway
        if not compiled.overloads:
            compiled = numba.njit(**OPTIONS, nogil=True)(function)
            compiled.compile(signature)
    compiled.disable_compile()
    called: Callable[..., Any] = compiled
    return called


def _keep_on_disk(compiled: Any, function: Callable[..., Any], fingerprint: str) -> None:
    from numba.core.caching import FunctionCache

    class SourceCache(FunctionCache):  # type: ignore[misc]  # numba has no types
        """numba's cache, keyed by the contents of all sources."""

        def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
            return (*super()._index_key(sig, codegen), fingerprint)

    try:
        compiled._cache = SourceCache(function)
    except (RuntimeError, OSError):  # no place for a cache (read-only, without a home): compile each time
        return


@cache
def _numba() -> Any:
    """The numba module, with a listener and its registrations."""
    import numba
    from numba.core import event, registry
    from numba.core.compiler_lock import global_compiler_lock

    class CompileListener(event.Listener):  # type: ignore[misc]  # numba has no types
        """Notes compilations of numba; loading from its cache does not count."""

        def on_start(self, event: Any) -> None:
            COMPILER.begins()

        def on_end(self, event: Any) -> None:
            """keep the note: the process has compiled"""

    event.register("numba:compile", CompileListener())
    with global_compiler_lock:  # imports here what numba must never import twice; see `test_jit.py`
        registry.cpu_target.target_context.refresh()
    return numba
