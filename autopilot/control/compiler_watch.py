"""Is a kernel being compiled, or only taken from the disk? A person is told of the one, which takes 20 s.

`autopilot.control.jit` notes it here, so that who asks need not import numba.
"""

from __future__ import annotations


class CompilerWatch:
    """`compiled`: numba has begun to compile something since `reset`."""

    def __init__(self) -> None:
        self.compiled = False

    def reset(self) -> None:
        """Watch from now on."""
        self.compiled = False


COMPILER = CompilerWatch()
