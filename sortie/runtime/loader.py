"""The thread that loads what is compiled, so that signals and links are served while numba compiles it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from autopilot.control.compiler_watch import COMPILER

LOADER = "sortie-load"
"""Name of the thread; the program ends without waiting for it."""
COMPILING = "sortie: compiling the flight kernel for this machine; the first time only, some 20 s"


class Loader(threading.Thread):
    """Runs `load` once and rings when it is done; `error` is what it raised."""

    def __init__(self, load: Callable[[], None], ring: Callable[[], None]) -> None:
        super().__init__(name=LOADER, daemon=True)
        self.error: BaseException | None = None
        self._told = False
        COMPILER.reset()
        self._load = load
        self._ring = ring

    def take_notice(self) -> str | None:
        """What a person is to be told now: once, when something is being compiled; not when a start is only slow."""
        if self._told or not COMPILER.compiled:
            return None
        self._told = True
        return COMPILING

    def run(self) -> None:
        try:
            self._load()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            self.error = error
        self._ring()
