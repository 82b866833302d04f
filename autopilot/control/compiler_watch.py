"""Notes whether a kernel is compiled or loaded from the disk, so that a user can be told of a compilation, which takes
a minute.

`autopilot.control.jit` notes it here, so that readers need not import numba.
"""

from __future__ import annotations

from collections.abc import Callable


def _nobody() -> None:
    pass


class CompilerWatch:
    """Note of compilations. `compiled`: numba has begun to compile something since `reset`. `on_first` is called then,
    in any thread."""

    def __init__(self) -> None:
        self.compiled = False
        self.on_first: Callable[[], None] = _nobody

    def reset(self) -> None:
        """Forget earlier compilations."""
        self.compiled = False

    def begins(self) -> None:
        """Note that compilation has begun."""
        if not self.compiled:
            self.compiled = True
            self.on_first()


COMPILER = CompilerWatch()
