"""Thread that loads the compiled simulator, while the runtime goes on to serve signals and links."""

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


def say_to_person(text: str) -> None:
    """On the standard error output, at once."""
    print(text, file=sys.stderr, flush=True)


def judge_kernel(say: Callable[[str], None]) -> None:
    """Before anything is loaded: tell where plain Python is to fly, which takes its time. UserError where
    `SORTIE_KERNEL` asks for what cannot be had."""
    from autopilot.control.kernels import KernelError, plain_warning  # for those who have a vehicle

    try:
        warning = plain_warning()
    except KernelError as error:
        raise UserError(str(error)) from error
    if warning is not None:
        say(f"sortie: {warning}")


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
        """Take the notice to a person: once, when something is being compiled; not when a start is only slow."""
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


class LoadingLinks:
    """Serves the links of a runtime whose vehicles do not move yet. `answer(wait_s)` waits and answers, False without
    input; `beat` says that the vehicles are there; `wall_s` is the wall, monotonic."""

    def __init__(
        self, answer: Callable[[float], bool], beat: Callable[[], None], signals: Signals, wall_s: Callable[[], float]
    ) -> None:
        self._answer = answer
        self._beat = beat
        self._signals = signals
        self._wall_s = wall_s
        self._began_s = wall_s()

    def until_quiet(self) -> None:
        """A station that is there from the first moment gets its plan and parameters before the processor is busy with
        loading: start that when the links have been silent for `QUIET_S`, or after `BEAT_S` at the latest."""
        heard_s = self._began_s
        while self._signals.number is None and self._wall_s() < min(heard_s + QUIET_S, self._began_s + BEAT_S):
            if self._answer(QUIET_S):
                heard_s = self._wall_s()

    def while_loading(self, loader: Loader, say: Callable[[str], None]) -> None:
        """Start it and serve until it has ended, or a signal has come. Raises what it raised."""
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(ANSWER_FIRST_S)  # an answer must not wait 5 ms for the importing thread each time
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
