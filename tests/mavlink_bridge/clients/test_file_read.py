"""Reading a file of a vehicle, over links that lose."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from mavlink_bridge.clients.base import Target
from mavlink_bridge.clients.file_read import FileOutcome, FileRead
from mavlink_bridge.routing.service import Clock, Message, Peer, Speaker
from mavlink_bridge.services.ftp.files import Pages, VirtualFiles
from mavlink_bridge.services.ftp.service import FtpService
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, ack, message_of, nak, unpack
from tests.fakes.two_ends import TwoEnds

CONTENT = random.Random(5).randbytes(239 * 12 + 100)


def reading(path: str, *, content: bytes = CONTENT, seed: int = 1, **radio: float) -> FileRead:
    """A client that has ended."""
    ends = TwoEnds(seed=seed, **radio)
    files = VirtualFiles()
    files.mount("@SYS", Pages({"page.bin": lambda: content}))
    ends.vehicle.add_service(FtpService(files, room=lambda link: 1 << 16))
    client = FileRead(Target(), path)
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
    """Each block once, in its place, also of a long file: none comes so late that the client gives up."""
    client = reading("@SYS/page.bin", content=CONTENT * 30, seed=seed, loss=0.25, duplicate=0.2, reorder=0.2)
    assert (client.outcome, client.content) == (FileOutcome.READ, CONTENT * 30)


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
    assert reading("@SYS/page.bin", loss=1.0).outcome is FileOutcome.TIMEOUT


class OtherVehicle(Speaker):
    """Files of another maker's vehicle: it chooses the number of a session, and says the end by a block without bytes.
    `log`: opcode and session of each request."""

    clock: Clock = "link"
    handles = frozenset({"FILE_TRANSFER_PROTOCOL"})

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[int, int]] = []

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        request = unpack(bytes(message.payload))
        self.log.append((request.opcode, request.session))
        data = CONTENT[request.offset : request.offset + request.size]
        if request.opcode != Opcode.READ_FILE:
            reply = replace(ack(request, bytes(4)), session=7)
        else:
            reply = ack(request, data, offset=request.offset) if request.session == 7 else nak(request, Nak.FAIL)
        self._out.append(message_of(peer, reply))


def test_the_vehicle_chooses_the_session_and_how_it_says_the_end() -> None:
    """OpenFileRO "returns session"; it was always 0, and a block without bytes was asked for without end."""
    ends, vehicle = TwoEnds(), OtherVehicle()
    ends.vehicle.add_service(vehicle)
    client = FileRead(Target(), "page.bin")
    ends.add(client)
    ends.run(lambda: client.done)
    assert (client.outcome, client.content) == (FileOutcome.READ, CONTENT)
    ends.run(lambda: len(vehicle.log) > len(CONTENT) // DATA_BYTES + 3)
    assert vehicle.log[0] == (Opcode.OPEN_FILE_RO, 0)
    assert {session for _, session in vehicle.log[1:]} == {7}
    assert vehicle.log[-1][0] == Opcode.TERMINATE_SESSION


@pytest.mark.parametrize("path", ["Flüge/1.bin", "x" * 240, "\udcff"])
def test_a_path_of_any_kind_is_asked_for(path: str) -> None:
    """As it stands in a vehicle's COMPONENT_METADATA; what no request can hold is not found."""
    assert reading(path).outcome is FileOutcome.NOT_FOUND
