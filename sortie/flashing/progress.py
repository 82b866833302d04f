"""Progress of flashing on stderr: bars with the remaining time on a terminal, otherwise plain lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from mavlink_bridge.bootloader.upload import FlashStatus, UploadStage

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_REFRESH_MS = 100
_MEASURED = (UploadStage.EXTERNAL_PROGRAM, UploadStage.PROGRAM)
_SHARE = 10
"""Plain lines are printed for each tenth."""


class FlashProgress:
    """Display of a `status`, between `start` and `stop`."""

    def __init__(self, status: FlashStatus, stream: TextIO | None = None) -> None:
        self._status = status
        self._stream = sys.stderr if stream is None else stream
        self._bars: Progress | None = None
        self._bar: TaskID | None = None
        self._stages_shown = 0
        self._part = 0
        self._next_ms = 0

    def start(self) -> None:
        """Open bars if the stream is a terminal."""
        if not self._stream.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(file=self._stream),
        )
        self._bars.start()

    def stop(self) -> None:
        self._lines()
        if self._status.finished:
            self._complete()
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def say(self, line: str) -> None:
        """Print a permanent line."""
        if self._bars is not None:
            self._bars.console.print(f"sortie: {line}", markup=False, highlight=False, soft_wrap=True)
        else:
            print(f"sortie: {line}", file=self._stream, flush=True)

    def refresh(self, now_ms: int) -> None:
        """Show news; called after every pass."""
        if now_ms < self._next_ms and self._stages_shown == len(self._status.stages):
            return
        self._next_ms = now_ms + _REFRESH_MS
        self._lines()
        if self._stages_shown < len(self._status.stages):
            self._begin()
        done = self._done(now_ms)
        if self._bars is not None and self._bar is not None:
            self._bars.update(self._bar, completed=done)
        elif self._status.stage in _MEASURED:
            self._tell_part(done, now_ms)

    def _lines(self) -> None:
        for line in self._status.take_lines():
            self.say(line)

    def _begin(self) -> None:
        """Show new stages, also those that have already ended."""
        for stage in self._status.stages[self._stages_shown :]:
            if self._bars is None:
                self.say(stage.value)
                continue
            self._complete()
            self._bar = self._bars.add_task(stage.value, total=None)
        self._stages_shown, self._part = len(self._status.stages), 0
        if self._bars is not None and self._bar is not None and self._status.total:
            self._bars.update(self._bar, total=self._status.total)

    def _complete(self) -> None:
        if self._bars is not None and self._bar is not None:
            self._bars.update(self._bar, total=1, completed=1)

    def _done(self, now_ms: int) -> int:
        """Return the finished units of the current stage; an erase is estimated by its usual duration."""
        status = self._status
        if status.stage is UploadStage.ERASE:
            return min(now_ms - status.since_ms, status.total * 99 // 100)
        return status.done

    def _tell_part(self, done: int, now_ms: int) -> None:
        status = self._status
        part = done * _SHARE // status.total
        if part <= self._part or part >= _SHARE:
            return
        self._part = part
        remaining_s = (now_ms - status.since_ms) * (status.total - done) / done / 1000.0
        self.say(f"{status.stage.value}: {100 * done // status.total} %, {remaining_s:.0f} s left")
