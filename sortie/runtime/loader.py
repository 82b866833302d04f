"""Loading of the compiled simulator in a thread, while the runtime serves signals and links."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from autopilot.control.compiler_watch import COMPILER
from sortie.config.errors import UserError
from sortie.runtime.share import BEAT_S
from sortie.runtime.signals import LOADER, Signals

QUIET_S = 0.03
ANSWER_FIRST_S = 0.00001
COMPILING = "sortie: compiling the flight kernel for this machine; the first time only, half a minute to two minutes"


def judge_kernel(say: Callable[[str], None]) -> None:
    """Warn when plain Python will fly, which is slow. UserError when `SORTIE_KERNEL` names a kernel that is not
    available."""
    from autopilot.control.kernels import KernelError, plain_warning  # for those who have a vehicle

    try:
        warning = plain_warning()
    except KernelError as error:
        raise UserError(str(error)) from error
    if warning is not None:
        say(f"sortie: {warning}")


class Loader(threading.Thread):
    """Thread that runs `load` once and then calls `ring`. `error` is the exception of `load`."""

    def __init__(self, load: Callable[[], None], ring: Callable[[], None]) -> None:
        super().__init__(name=LOADER, daemon=True)
        self.error: BaseException | None = None
        self._noticed = False
        COMPILER.reset()
        self._load = load
        self._ring = ring

    def take_notice(self) -> str | None:
        """Return the notice about compiling once, when something is being compiled."""
        if self._noticed or not COMPILER.compiled:
            return None
        self._noticed = True
        return COMPILING

    def run(self) -> None:
        try:
            self._load()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            self.error = error
        self._ring()


class LoadingLinks:
    """Serves the links of a runtime before its vehicles move. `answer(wait_s)` waits for input, answers it and returns
    False without input; `beat` sends HEARTBEATs; `wall_s` is monotonic real time."""

    def __init__(
        self, answer: Callable[[float], bool], beat: Callable[[], None], signals: Signals, wall_s: Callable[[], float]
    ) -> None:
        self._answer = answer
        self._beat = beat
        self._signals = signals
        self._wall_s = wall_s
        self._began_s = wall_s()

    def until_quiet(self) -> None:
        """Serve until the links are silent for `QUIET_S`, at most for `BEAT_S`. So a station that is connected from the
        start receives plan and parameters before loading takes the processor."""
        heard_s = self._began_s
        while self._signals.number is None and self._wall_s() < min(heard_s + QUIET_S, self._began_s + BEAT_S):
            if self._answer(QUIET_S):
                heard_s = self._wall_s()

    def while_loading(self, loader: Loader, say: Callable[[str], None]) -> None:
        """Start the loader and serve until it ends or a signal arrives. Raises the exception of the loader."""
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(ANSWER_FIRST_S)  # else each answer waits 5 ms for the importing thread
        loader.start()
        next_beat_s = self._began_s + BEAT_S
        while loader.is_alive() and self._signals.number is None:
            self._answer(BEAT_S)
            self._signals.act()
            notice = loader.take_notice()
            if notice is not None:
                say(notice)
            if self._wall_s() >= next_beat_s:
                next_beat_s += BEAT_S
                self._beat()
        sys.setswitchinterval(usual_s)
        if loader.error is not None:
            raise loader.error
