"""The story of a storm: who did what and when, and a digest of all bytes that went over any link."""

from __future__ import annotations

from collections import Counter, deque
from hashlib import blake2b

KEPT = 4000
"""Lines; of a long storm the first ones are forgotten."""


class Story:
    """`digest` is the same for two runs of one seed, or one of them was not deterministic."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.seen: Counter[tuple[str, str, str]] = Counter()
        """What coverage counts: (kind, row, circumstance)."""
        self.frames = self.deaths = 0
        self._digest = blake2b(digest_size=12)

    def say(self, now_ms: int, who: str, what: str) -> None:
        line = f"{now_ms / 1000.0:10.3f} s  {who:12} {what}"
        self.lines.append(line)
        self._digest.update(line.encode())

    def hear(self, now_ms: int, data: bytes) -> None:
        """Bytes that went over a link."""
        self.frames += 1
        self._digest.update(now_ms.to_bytes(8, "little"))
        self._digest.update(data)

    def meet(self, kind: str, row: str, circumstance: str) -> None:
        self.seen[kind, row, circumstance] += 1

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()
