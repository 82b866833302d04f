"""The thread that loads a compiled kernel, so that signals and links are served while numba compiles it."""

from __future__ import annotations

import threading
from collections.abc import Callable

LOADER = "sortie-load"
"""Name of the thread; the program ends without waiting for it."""
NOTICE_S = 3.0
"""Loading that takes longer is compiling, and people are told."""
COMPILING = "sortie: compiling the flight kernel for this machine; the first time only, some 20 s"


class Loader(threading.Thread):
    """Runs `load` once and rings when it is done; `error` is what it raised."""

    def __init__(self, load: Callable[[], None], ring: Callable[[], None]) -> None:
        super().__init__(name=LOADER, daemon=True)
        self.error: BaseException | None = None
        self._load = load
        self._ring = ring

    def run(self) -> None:
        try:
            self._load()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            self.error = error
        self._ring()
