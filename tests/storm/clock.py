"""The wall clock of a real process: libfaketime's, where it is installed as Debian does (`apt install libfaketime`)."""

from __future__ import annotations

from pathlib import Path

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
_LEFT = ("/dev/shm/faketime_shm_{}", "/dev/shm/sem.faketime_sem_{}")


class Clock:
    """A clock that a file in `folder` sets; the library reads it once a second (at every question it costs a process
    half of its time). What only goes forward stays true."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._by_ms: int | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Of a process that lives by it."""
        if not LIBRARIES:
            return {}
        return {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, by_ms: int) -> None:
        """Wrong by so much from now on."""
        if LIBRARIES and by_ms != self._by_ms:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(f"{by_ms / 1000:+.0f}")
            fresh.replace(self._file)
            self._by_ms = by_ms

    @staticmethod
    def leave(pid: int) -> None:
        """Remove what the library of a process that was killed has left: another of that number would not start."""
        for name in _LEFT:
            Path(name.format(pid)).unlink(missing_ok=True)
