"""CAMERA_IMAGE_CAPTURED: sent to everybody when a picture is on the card, and again on request.

After a request for many reports, the first follows the acknowledgement, and the rest are sent as the link has room: a
survey has a thousand, too many for a radio at once.
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
"""Largest number of repeated reports in one look."""
ALONE, TO_THE_LAST = 0, -1
"""End of a requested range: ALONE: only the first report; TO_THE_LAST: up to the newest one."""


class CaptureReports:
    """Reports of pictures. `written(number)`: "" when the file of a picture exists, None while it is written, else the
    reason for its absence. `room(link)`: bytes that may be queued on the link now."""

    def __init__(self, written: Callable[[int], str | None], room: Callable[[int], int]) -> None:
        self._written = written
        self._room = room
        self._reports: list[Message] = []
        self._unreported: deque[tuple[int, int]] = deque()  # (time at which the picture is on the card, its number)
        self._again: dict[int, deque[int]] = {}  # link -> numbers
        self._look_ms = 0
        self._seek_ms = 0
        """Time of the next check for the first picture without a file, ms."""

    def add(self, report: Message, report_ms: int) -> None:
        """Add the report of a picture, to be sent at `report_ms`."""
        self._unreported.append((report_ms, len(self._reports)))
        self._reports.append(report)

    @property
    def waits(self) -> bool:
        return bool(self._unreported)

    def unwritten_ms(self) -> int | None:
        """Report time of the first picture that is still being written, ms; None: all are written."""
        if not self._unreported or self._written(self._unreported[0][1]) is not None:
            return None
        return self._unreported[0][0]

    def forget(self, first: int) -> None:
        """Forget the pictures from this number on."""
        del self._reports[first:]
        self._unreported = deque(entry for entry in self._unreported if entry[1] < first)
        self._again.clear()

    def again(self, first: int, last: int, link: int) -> list[Message]:
        """First report of the range `first` to `last` (or `ALONE`, `TO_THE_LAST`), if its picture is on the card; empty
        if it is not. The rest of the range waits for room on the link."""
        reported = self._unreported[0][1] if self._unreported else len(self._reports)
        end = {ALONE: first, TO_THE_LAST: reported}.get(last, last)
        numbers = range(first, min(end + 1, reported)) if first >= 0 else range(0)
        if not numbers:
            return []
        if len(numbers) > 1:
            self._again[link] = deque(numbers[1:])
        return [self._reports[numbers[0]]]

    # --- time -----------------------------------------------------------------------------------------------------
    def take_due(self, now_ms: int) -> list[tuple[Message, str]]:
        """Reports to send to everybody now, each with the reason why its picture is not on the card ("": it is)."""
        reports = []
        while self._unreported and max(self._unreported[0][0], self._seek_ms) <= now_ms:
            number = self._unreported[0][1]
            reason = self._written(number)
            if reason is None:
                self._seek_ms = now_ms + LOOK_AGAIN_MS
                break
            self._unreported.popleft()
            if reason:
                self._reports[number] = not_captured(self._reports[number])
            reports.append((self._reports[number], reason))
        return reports

    def take_again(self, now_ms: int) -> list[tuple[int, Message]]:
        """Repeated reports for which their link has room."""
        reports: list[tuple[int, Message]] = []
        if not self._again or now_ms < self._look_ms:
            return reports
        self._look_ms = now_ms + LOOK_AGAIN_MS
        for link, numbers in list(self._again.items()):
            most = min(len(numbers), A_LOOK, self._room(link) // FRAME_BYTES)
            reports += [(link, self._reports[numbers.popleft()]) for _ in range(most)]
            if not numbers:
                del self._again[link]
        return reports

    def next_ms(self) -> int | None:
        """Time of the next report or check, ms."""
        due_ms = max(self._unreported[0][0], self._seek_ms) if self._unreported else None
        if not self._again:
            return due_ms
        return self._look_ms if due_ms is None else min(due_ms, self._look_ms)

    def link_closed(self, link: int) -> None:
        self._again.pop(link, None)
