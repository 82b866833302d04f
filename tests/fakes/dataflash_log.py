"""A DataFlash log as pymavlink's DFReader reads it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from pymavlink import DFReader


def read(path: Path) -> list[Any]:
    """All its messages."""
    with closing(DFReader.DFReader_binary(str(path))) as log:
        return list(iter(log.recv_msg, None))
