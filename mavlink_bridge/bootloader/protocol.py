"""Constants of the bootloader protocol, revisions 2 to 5 (ArduPilot AP_Bootloader bl_protocol.cpp, PX4 bl.c).

Command = opcode, data, EOC. Reply = data, INSYNC, status. Integers are little-endian.
"""

from __future__ import annotations

import zlib
from enum import IntEnum
from typing import Final

EOC: Final = 0x20
INSYNC: Final = 0x12
REVISIONS: Final = range(2, 6)
"""Supported protocol revisions."""
CHUNK: Final = 252
"""Bytes of one PROG_MULTI or READ_MULTI: the largest multiple of 4 for a length byte."""
WORD: Final = 4
ERASED: Final = 0xFF
BOOTLOADER_BAUD: Final = 115_200
FAST_BAUD: Final = 921_600
"""Baud rate for programming over a UART: half a minute instead of 2.5."""
FLIGHT_BAUDS: Final = (115_200, 57_600, 921_600)
"""Baud rates at which a running autopilot is searched; without effect on USB."""


class Op(IntEnum):
    GET_SYNC = 0x21
    GET_DEVICE = 0x22
    CHIP_ERASE = 0x23
    CHIP_VERIFY = 0x24
    PROG_MULTI = 0x27
    READ_MULTI = 0x28
    GET_CRC = 0x29
    GET_OTP = 0x2A
    GET_SN = 0x2B
    GET_CHIP = 0x2C
    GET_CHIP_DES = 0x2E
    BOOT = 0x30
    SET_BAUD = 0x33
    EXTF_ERASE = 0x34
    EXTF_PROG_MULTI = 0x35
    EXTF_GET_CRC = 0x37
    CHIP_FULL_ERASE = 0x40


class BootStatus(IntEnum):
    """Status byte after INSYNC."""

    OK = 0x10
    FAILED = 0x11
    INVALID = 0x13
    BAD_SILICON = 0x14


class Info(IntEnum):
    """Argument of GET_DEVICE."""

    REVISION = 1
    BOARD_ID = 2
    BOARD_REVISION = 3
    FLASH_SIZE = 4
    EXTERNAL_FLASH_SIZE = 6


def crc32(data: bytes, state: int = 0) -> int:
    """CRC-32 (0xEDB88320 reflected), initial value 0 and no final inversion; `state` continues an earlier call.

    crc32(b"123456789") is 0x2DFD2D88.
    """
    return zlib.crc32(data, state ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def flash_crc(image: bytes, flash_size: int) -> int:
    """Answer of GET_CRC for `image` in a flash of `flash_size` bytes, whose rest is 0xFF."""
    return crc32(bytes((ERASED,)) * max(0, flash_size - len(image)), crc32(image))


def pad(image: bytes) -> bytes:
    """Image padded with 0xFF to a whole word."""
    return image + bytes((ERASED,)) * (-len(image) % WORD)


def command(op: int, data: bytes = b"") -> bytes:
    """Bytes of a command. It must be sent in one write, because the bootloader waits 2 ms for the EOC."""
    return bytes((op,)) + data + bytes((EOC,))
