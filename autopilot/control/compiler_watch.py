"""Notes whether a kernel is being compiled, or only taken from the disk. A person is told of the one, which takes a
minute.

`autopilot.control.jit` notes it here, so that who asks need not import numba.
"""

from __future__ import annotations

from collections.abc import Callable


def _nobody() -> None:
    """Default listener: tells nobody."""


class CompilerWatch:
    """`compiled`: numba has begun to compile something since `reset`. `on_first`: called then, in whichever thread."""

    def __init__(self) -> None:
        self.compiled = False
        self.on_first: Callable[[], None] = _nobody

    def reset(self) -> None:
        """Watch from now on."""
        self.compiled = False

    def begins(self) -> None:
        """Note that compilation has begun."""
        if not self.compiled:
            self.compiled = True
            self.on_first()


COMPILER = CompilerWatch()
