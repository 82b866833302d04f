"""Reading a file of a vehicle, over links that lose."""

from __future__ import annotations

import random

import pytest

from mavlink_bridge.clients.base import Retry, Target
from mavlink_bridge.clients.file_read import FileOutcome, FileRead
from mavlink_bridge.services.ftp.files import Pages, VirtualFiles
from mavlink_bridge.services.ftp.service import FtpService
from tests.fakes.two_ends import TwoEnds

CONTENT = random.Random(5).randbytes(239 * 12 + 100)


def reading(
    path: str, *, content: bytes = CONTENT, seed: int = 1, retry: Retry | None = None, **radio: float
) -> FileRead:
    """A client that has ended."""
    ends = TwoEnds(seed=seed, **radio)
    files = VirtualFiles()
    files.mount("@SYS", Pages({"page.bin": lambda: content}))
    ends.vehicle.add_service(FtpService(files, room=lambda link: 1 << 16))
    client = FileRead(Target(), path, retry=retry or Retry(200, 50))
    ends.add(client)
    ends.run(lambda: client.done)
    return client


@pytest.mark.parametrize("content", [CONTENT, b"", b"x" * 239, b"x" * 478])
def test_a_file_is_read_whole(content: bytes) -> None:
    """Also an empty one, and one whose size is a multiple of a block."""
    client = reading("@SYS/page.bin", content=content)
    assert (client.outcome, client.content, client.repeats) == (FileOutcome.READ, content, 0)


@pytest.mark.parametrize("seed", range(5))
def test_losses_duplicates_and_reordering_change_nothing(seed: int) -> None:
    """Each block once, in its place."""
    client = reading("@SYS/page.bin", seed=seed, loss=0.25, duplicate=0.2, reorder=0.2)
    assert (client.outcome, client.content) == (FileOutcome.READ, CONTENT)


def test_a_file_that_is_not_there_is_said() -> None:
    """At once."""
    assert reading("@SYS/none").outcome is FileOutcome.NOT_FOUND
    assert reading("nowhere/none").outcome is FileOutcome.NOT_FOUND


def test_a_file_beyond_the_limit_is_left() -> None:
    """What a vehicle may fill of our memory is bounded."""
    client = reading("@SYS/page.bin", content=bytes((1 << 20) + 500))
    assert client.outcome is FileOutcome.TOO_LARGE


def test_silence_ends_it() -> None:
    """After the attempts of its patience."""
    assert reading("@SYS/page.bin", retry=Retry(100, 4), loss=1.0).outcome is FileOutcome.TIMEOUT
