"""Payload of FILE_TRANSFER_PROTOCOL, 251 bytes (https://mavlink.io/en/services/ftp.html)."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.routing.service import Outgoing, Peer
from mavlink_bridge.wire.codec import dialect

_HEADER: Final = struct.Struct("<HBBBBBxI")
PAYLOAD_BYTES: Final = 251
DATA_BYTES: Final = PAYLOAD_BYTES - _HEADER.size  # 239


class Opcode(IntEnum):
    NONE = 0
    TERMINATE_SESSION = 1
    RESET_SESSIONS = 2
    LIST_DIRECTORY = 3
    OPEN_FILE_RO = 4
    READ_FILE = 5
    CREATE_FILE = 6
    WRITE_FILE = 7
    REMOVE_FILE = 8
    CREATE_DIRECTORY = 9
    REMOVE_DIRECTORY = 10
    OPEN_FILE_WO = 11
    TRUNCATE_FILE = 12
    RENAME = 13
    CALC_FILE_CRC32 = 14
    BURST_READ_FILE = 15
    ACK = 128
    NAK = 129


class Nak(IntEnum):
    FAIL = 1
    FAIL_ERRNO = 2
    INVALID_DATA_SIZE = 3
    INVALID_SESSION = 4
    NO_SESSIONS_AVAILABLE = 5
    END_OF_FILE = 6
    UNKNOWN_COMMAND = 7
    FILE_EXISTS = 8
    FILE_PROTECTED = 9
    FILE_NOT_FOUND = 10


@dataclass(frozen=True, slots=True)
class Operation:
    """Request or reply. `size`: number of data bytes, or of requested bytes. `data`: at most 239 bytes."""

    seq: int
    session: int
    opcode: int
    size: int = 0
    req_opcode: int = 0
    burst_complete: int = 0
    offset: int = 0
    data: bytes = b""

    @property
    def writes(self) -> bool:
        """True for a request that changes a file or directory."""
        return Opcode.CREATE_FILE <= self.opcode <= Opcode.RENAME

    def pack(self) -> bytes:
        """Payload, padded with zeros to 251 bytes."""
        head = _HEADER.pack(
            self.seq & 0xFFFF,
            self.session,
            self.opcode,
            self.size,
            self.req_opcode,
            self.burst_complete,
            self.offset & 0xFFFFFFFF,
        )
        return (head + self.data).ljust(PAYLOAD_BYTES, b"\0")


def unpack(payload: bytes) -> Operation:
    """Request in a payload, which is extended by zeros if short; `data` has all 239 bytes."""
    payload = payload.ljust(PAYLOAD_BYTES, b"\0")
    seq, session, opcode, size, req_opcode, complete, offset = _HEADER.unpack_from(payload)
    return Operation(seq, session, opcode, size, req_opcode, complete, offset, payload[_HEADER.size : PAYLOAD_BYTES])


def message_of(peer: Peer, reply: Operation) -> Outgoing:
    message = dialect.MAVLink_file_transfer_protocol_message(0, peer.system, peer.component, reply.pack())
    return Outgoing(message, peer.link)


def ack(request: Operation, data: bytes = b"", *, offset: int = 0) -> Operation:
    return Operation(request.seq + 1, request.session, Opcode.ACK, len(data), request.opcode, 0, offset, data)


def nak(request: Operation, error: Nak, errno: int = 0) -> Operation:
    """Reply that refuses `request`; `errno` goes with Nak.FAIL_ERRNO."""
    data = reason(error, errno)
    return Operation(request.seq + 1, request.session, Opcode.NAK, len(data), request.opcode, 0, request.offset, data)


def reason(error: Nak, errno: int) -> bytes:
    return bytes((error, errno & 0xFF)) if error is Nak.FAIL_ERRNO else bytes((error,))
