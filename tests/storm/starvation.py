"""Who has no processor, or is not listened to, owes nothing for a while: judges it of a process and of the storm around
it."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from pathlib import Path

STARVED_MS, WINDOW_MS = 300, 1_500
"""Who has waited so long for a processor within that time owes nothing for as long."""


class Starvation:
    """Judged at each look of the storm, of which `now_ms` is the first."""

    def __init__(self, now_ms: int) -> None:
        self._looked_ms = self._ran_ms = now_ms
        self._waited: deque[tuple[int, int]] = deque()
        self._until_ms = now_ms

    def look(self, now_ms: int, waited_ms: int, *, queued: bool) -> bool:
        """True while nothing is owed. `waited_ms`: for which the process has waited in all, until its last turn;
        `queued`: it has waited since the last look. A storm that looks late has not seen what came in time."""
        late_ms, self._looked_ms = now_ms - self._looked_ms, now_ms
        if not queued:
            self._ran_ms = now_ms
        self._waited.append((now_ms, waited_ms))
        while self._waited[0][0] < now_ms - WINDOW_MS:
            self._waited.popleft()
        if max(late_ms, now_ms - self._ran_ms, waited_ms - self._waited[0][1]) > STARVED_MS:
            self._until_ms = now_ms + WINDOW_MS
        return now_ms < self._until_ms


class Threads:
    """The threads of a process in /proc. What one has waited is counted there when its turn has come."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._seen: dict[str, tuple[str, str]] = {}

    def queued(self) -> bool:
        """Has one waited for a processor since the last look?"""
        before, self._seen = self._seen, {}
        with suppress(OSError):  # it has ended
            for task in self._tasks.iterdir():
                state = (task / "stat").read_text().rpartition(")")[2].split()[0]
                self._seen[task.name] = state, (task / "schedstat").read_text()
        return any(now[0] == "R" and now == before.get(name) for name, now in self._seen.items())
