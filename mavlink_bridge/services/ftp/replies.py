"""Replies of MAVFTP."""

from __future__ import annotations

from collections.abc import Sequence

from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Outgoing, Peer
from mavlink_bridge.services.ftp.files import Entry
from mavlink_bridge.services.ftp.wire import DATA_BYTES, Nak, Opcode, Operation


def message_of(peer: Peer, reply: Operation) -> Outgoing:
    """`reply` as a message to `peer`."""
    message = dialect.MAVLink_file_transfer_protocol_message(0, peer.system, peer.component, reply.pack())
    return Outgoing(message, peer.link)


def ack(request: Operation, data: bytes = b"", *, offset: int = 0) -> Operation:
    """`request` is granted."""
    return Operation(request.seq + 1, request.session, Opcode.ACK, len(data), request.opcode, 0, offset, data)


def nak(request: Operation, why: Nak, errno: int = 0) -> Operation:
    """`request` is refused; `errno` goes with Nak.FAIL_ERRNO."""
    data = bytes((why, errno & 0xFF)) if why is Nak.FAIL_ERRNO else bytes((why,))
    return Operation(request.seq + 1, request.session, Opcode.NAK, len(data), request.opcode, 0, request.offset, data)


def listing(request: Operation, entries: Sequence[Entry]) -> Operation:
    """As many entries from number `offset` on as fit: `D` name, or `F` name, tab, size, each ended by NUL."""
    data = b""
    fitting = [entry for entry in entries if len(_line(entry)) <= DATA_BYTES]
    for entry in fitting[request.offset :]:
        line = _line(entry)
        if len(data) + len(line) > DATA_BYTES:
            break
        data += line
    if not data:
        return nak(request, Nak.END_OF_FILE)
    return ack(request, data, offset=request.offset)


def _line(entry: Entry) -> bytes:
    line = f"D{entry.name}\0" if entry.directory else f"F{entry.name}\t{entry.size}\0"
    return line.encode("ascii", "replace")
