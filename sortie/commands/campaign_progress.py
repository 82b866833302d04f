"""Progress of a campaign for people: a bar on a terminal, otherwise lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

from sortie.campaign.execution import CampaignView
from sortie.config.words import counted
from sortie.logs.terminal import BAD, GOOD, Terminal

_EVERY_S: Final = 1.0
_STILL_S: Final = 30.0
"""Longest time without a line, s, so that people see that the campaign is running."""
_WIDE: Final = 30


class CampaignProgress:
    """Progress display, updated with each batch; a context manager. `start`: number of runs that were there before.
    `expected`: the identity that workers must have."""

    def __init__(
        self, start: int, expected: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._start, self._expected, self._clock = start, expected, clock
        self._terminal = Terminal(stream)
        self._began_s = clock()
        self._shown_s = self._began_s
        self._shown_done = -1
        self._refused = 0

    def __enter__(self) -> CampaignProgress:
        self._terminal.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._terminal.stop()

    def tell(self, view: CampaignView) -> None:
        """Update the display if it is time."""
        now_s = self._clock()
        while view.refused[self._refused :]:
            self._terminal.say(f"sortie: refused: {view.refused[self._refused]}, this is {self._expected}")
            self._refused += 1
        seconds = now_s - self._began_s
        if self._terminal.is_open and view.done < view.total:
            self._terminal.draw(
                now_s, lambda _: [[(bar(view), BAD if view.failed else GOOD)], live_line(view, seconds, self._start)]
            )
            return
        silent_s = now_s - self._shown_s
        fresh = view.done != self._shown_done and silent_s >= _EVERY_S
        if fresh or silent_s >= _STILL_S or view.done == view.total:
            self._shown_s, self._shown_done = now_s, view.done
            self._terminal.say(live_line(view, seconds, self._start))


def bar(view: CampaignView) -> str:
    """Draw a bar with the shares of flown and of failed runs."""
    failed, done = (round(_WIDE * count / view.total) for count in (view.failed, view.done))
    return f"[{'x' * failed}{'#' * (done - failed)}{'.' * (_WIDE - done)}] {view.done / view.total:4.0%}  x: failed"


def live_line(view: CampaignView, seconds: float, start: int) -> str:
    """Return a line about the progress after `seconds`; `start` runs were there before."""
    done = view.done - start
    runs, workers = counted(view.total, "run"), counted(view.workers, "worker")
    if not done:
        return f"sortie: {view.done} of {runs}, none flown yet by {workers}, {seconds:.0f} s"
    judges = ", ".join(f"{name} {count}" for name, count in sorted(view.by_judge.items()))
    return (
        f"sortie: {view.done} of {runs}, {view.failed} failed{f' ({judges})' if judges else ''}, "
        f"{_duration(seconds / done * (view.total - view.done))} left, "
        f"{view.flight_s / max(seconds, 1e-3):.0f} flight hours an hour, {workers}"
    )


def _duration(seconds: float) -> str:
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h"
