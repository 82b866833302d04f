"""What is kept of a run's bytes: for each file size and SHA-256 of the whole, and lines that show where two runs part.

Short texts are kept whole, long ones and binary files as digests of their pieces: of `PIECE_LINES` lines, of
`PIECE_FRAMES` MAVLink frames, of `PIECE_BYTES` of anything else. A telemetry log's pieces name their first instant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from mavlink_bridge.wire.framing import split_frames

KEPT = Path(__file__).parent / "kept"
WHOLE_LINES = 60
WHOLE_BYTES = 6000
PIECE_LINES = 40
PIECE_FRAMES = 400
PIECE_BYTES = 32 * 1024
_STAMP = 8
_HEADER_AND_CRC = 12
_SIGNED, _SIGNATURE = 1, 13
_TEXTS = (".jsonl", ".json", ".csv", ".txt")

Part = TypeVar("Part")


def prints_of(written: dict[str, bytes]) -> str:
    """The text that is kept of a scenario's files."""
    return "\n".join(line for name, data in sorted(written.items()) for line in _file(name, data)) + "\n"


def kept(scenario: str) -> Path:
    """Where that text is kept."""
    return KEPT / f"{scenario}.txt"


def difference(scenario: str, old: str, new: str) -> str:
    """What to say when a run does not give what was kept; empty when it does."""
    if old == new:
        return ""
    before, after = old.splitlines(), new.splitlines()
    at = next(
        (n for n, pair in enumerate(zip(before, after, strict=False)) if _differs(*pair)), min(len(before), len(after))
    )
    file = next((line for line in reversed(after[: at + 1]) if line.startswith("== ")), "")
    whole = [line.split()[1] for line in after if line.startswith("== ") and line not in before]
    return (
        f"{scenario}: the bytes are not those that were kept\n"
        f"files that differ: {', '.join(whole) or 'some are gone'}\n"
        f"first difference in {file}\n"
        f"  kept: {before[at] if at < len(before) else '(nothing more)'}\n"
        f"  now:  {after[at] if at < len(after) else '(nothing more)'}\n"
        "If that is meant: scripts/golden --write, read the difference in tests/golden/kept, and commit both together\n"
        "with the reason. If nothing was to change but structure, a bug has been found."
    )


def _differs(before: str, after: str) -> bool:
    """A file's head differs whenever the file does: the line below it says where."""
    return before != after and not (before.startswith("== ") and after.startswith("== "))


def _file(name: str, data: bytes) -> Iterator[str]:
    yield f"== {name} {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}"
    if name.endswith(_TEXTS):
        lines = data.decode().splitlines()
        yield from lines if len(lines) <= WHOLE_LINES and len(data) <= WHOLE_BYTES else _long(lines)
    elif name.endswith(".tlog"):
        for piece in _pieces(_records(data), PIECE_FRAMES):
            yield f"from {int.from_bytes(piece[0][:_STAMP], 'big')} us: {len(piece)} frames {_digest(b''.join(piece))}"
    elif name.endswith(".frames"):
        for piece in _pieces(split_frames(data), PIECE_FRAMES):
            yield f"{len(piece)} frames {_digest(b''.join(piece))}"
    else:
        for start in range(0, len(data), PIECE_BYTES):
            yield f"from byte {start}: {_digest(data[start : start + PIECE_BYTES])}"


def _long(lines: list[str]) -> Iterator[str]:
    """The first line of each piece, shortened, so that a person sees where it is."""
    for piece in _pieces(lines, PIECE_LINES):
        yield f"{_digest(''.join(piece).encode())} {piece[0][:80]}"


def _records(data: bytes) -> Iterator[bytes]:
    """Stamp and frame, one by one, of a telemetry log (MAVLink 2)."""
    start = 0
    while start < len(data):
        frame = start + _STAMP
        signature = _SIGNATURE if data[frame + 2] & _SIGNED else 0
        end = frame + _HEADER_AND_CRC + data[frame + 1] + signature
        yield data[start:end]
        start = end


def _pieces(parts: Iterator[Part] | list[Part], size: int) -> Iterator[list[Part]]:
    rest = iter(parts)
    while piece := list(islice(rest, size)):
        yield piece


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
