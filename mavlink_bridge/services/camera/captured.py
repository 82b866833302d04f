"""CAMERA_IMAGE_CAPTURED: of each picture to everybody, as soon as it is on the card, and again to who asks for it.

Who asks for many of them gets the first one behind the acknowledgement and the others as his link has room: a survey
has a thousand, which no radio takes at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from mavlink_bridge.routing.service import Message
from mavlink_bridge.services.camera.messages import not_captured

LOOK_AGAIN_MS: Final = 20
FRAME_BYTES: Final = 280
A_LOOK: Final = 50
"""Repeated ones, at most."""
ALONE, TO_THE_LAST = 0, -1
"""The end of a range that is asked for: that one alone; to the last one."""


class CaptureReports:
    """See the module. `written(number)`: "" when its file is there, None while it comes, else why there is none;
    `room(link)`: bytes that may be queued there now."""

    def __init__(self, written: Callable[[int], str | None], room: Callable[[int], int]) -> None:
        self._written = written
        self._room = room
        self._reports: list[Message] = []
        self._untold: deque[tuple[int, int]] = deque()  # (when it is on the card, its number)
        self._again: dict[int, deque[int]] = {}  # link -> numbers
        self._look_ms = 0
        self._seek_ms = 0
        """Time of the next look for the first picture that is not there, ms."""

    def add(self, report: Message, told_ms: int) -> None:
        """Add the report of another picture, to be told at `told_ms`."""
        self._untold.append((told_ms, len(self._reports)))
        self._reports.append(report)

    @property
    def waits(self) -> bool:
        """True when there is a picture of which nobody has been told."""
        return bool(self._untold)

    def unwritten_ms(self) -> int | None:
        """Time at which the first picture that is still being written is to be told of, ms; None: all are there."""
        if not self._untold or self._written(self._untold[0][1]) is not None:
            return None
        return self._untold[0][0]

    def clear(self) -> None:
        """The pictures are deleted; those that come are numbered from 0."""
        self._reports.clear()
        self._untold.clear()
        self._again.clear()

    def forget(self, first: int) -> None:
        """Pictures from this number on are no more."""
        del self._reports[first:]
        self._untold = deque(untold for untold in self._untold if untold[1] < first)
        self._again.clear()

    def again(self, first: int, last: int, link: int) -> list[Message]:
        """Reports from `first` to `last` (or `ALONE`, `TO_THE_LAST`), as far as the pictures are on the card; the rest
        of them waits for room on the link. Empty: there is none."""
        told = self._untold[0][1] if self._untold else len(self._reports)
        end = {ALONE: first, TO_THE_LAST: told}.get(last, last)
        numbers = range(first, min(end + 1, told)) if first >= 0 else range(0)
        if not numbers:
            return []
        if len(numbers) > 1:
            self._again[link] = deque(numbers[1:])
        return [self._reports[numbers[0]]]

    # --- time -----------------------------------------------------------------------------------------------------
    def take_due(self, now_ms: int) -> list[tuple[Message, str]]:
        """Reports for everybody now, and why each picture is not on the card ("": it is)."""
        told = []
        while self._untold and max(self._untold[0][0], self._seek_ms) <= now_ms:
            number = self._untold[0][1]
            why = self._written(number)
            if why is None:
                self._seek_ms = now_ms + LOOK_AGAIN_MS
                break
            self._untold.popleft()
            if why:
                self._reports[number] = not_captured(self._reports[number])
            told.append((self._reports[number], why))
        return told

    def take_again(self, now_ms: int) -> list[tuple[int, Message]]:
        """The link, and what it has room for."""
        said: list[tuple[int, Message]] = []
        if not self._again or now_ms < self._look_ms:
            return said
        self._look_ms = now_ms + LOOK_AGAIN_MS
        for link, numbers in list(self._again.items()):
            most = min(len(numbers), A_LOOK, self._room(link) // FRAME_BYTES)
            said += [(link, self._reports[numbers.popleft()]) for _ in range(most)]
            if not numbers:
                del self._again[link]
        return said

    def next_ms(self) -> int | None:
        """Time of the next report or look for a picture, ms."""
        untold = max(self._untold[0][0], self._seek_ms) if self._untold else None
        if not self._again:
            return untold
        return self._look_ms if untold is None else min(untold, self._look_ms)

    def link_closed(self, link: int) -> None:
        """Forget what waits for the link."""
        self._again.pop(link, None)
