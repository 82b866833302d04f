"""Client of the bootloader: one method for each command, over a `ScriptWire`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from mavlink_bridge.bootloader.protocol import INSYNC, BootStatus, Info, Op, command
from mavlink_bridge.bootloader.script import BootloaderSilentError, Script, ScriptWire

SYNC_MS: Final = 1000
REPLY_MS: Final = 2000
ERASE_MS: Final = 30_000
CRC_MS: Final = 10_000
EXTERNAL_ERASE_MS: Final = 180_000
"""Limit for the erase of external flash, which reports its progress."""
_RATE_REPLY_MS: Final = 500
_RATE_PAUSE_MS: Final = 50
"""Pause after SET_BAUD, ms: the bootloader changes its rate 5 ms after the answer."""
_QUIET_MS: Final = 60
_LONGEST_QUIET_MS: Final = 500
_TRIES: Final = 3

_REPLY: Final = re.compile(rb"\x12[\x10\x11\x13\x14]")
_OK: Final = bytes((INSYNC, BootStatus.OK))
_END_OF_PERCENTS: Final = re.compile(rb"\x12[\x10\x11]")


class BootloaderRefusedError(Exception):
    """Answer of the bootloader other than OK."""

    def __init__(self, op: int, status: int) -> None:
        super().__init__(f"{Op(op).name} was answered {BootStatus(status).name}")
        self.status = BootStatus(status)


class Garbled(Exception):
    """Invalid bytes instead of an answer, three times in a row."""


class BootloaderClient:
    """Client of the bootloader at the other end of `wire`. All methods are scripts and raise BootloaderRefusedError,
    Garbled, BootloaderSilentError and PortGone."""

    def __init__(self, wire: ScriptWire) -> None:
        self._wire = wire

    def sync(self) -> Script[None]:
        """GET_SYNC, after dropping bytes that have not been read."""
        self._wire.discard()
        yield from self._do(Op.GET_SYNC, limit_ms=SYNC_MS)

    def settle(self) -> Script[None]:
        """Wait for late answers and drop them."""
        yield from self._quiet()

    def revision(self) -> Script[int]:
        """Protocol revision. Garbled for an impossible one: a telemetry stream may contain INSYNC and OK."""
        revision = yield from self.device(Info.REVISION)
        if not 1 <= revision <= 255:
            raise Garbled(f"protocol revision {revision}")
        return revision

    def device(self, info: Info) -> Script[int]:
        reply = yield from self._ask(Op.GET_DEVICE, bytes((info,)), 4)
        return int.from_bytes(reply, "little")

    def external_flash_size(self) -> Script[int]:
        """Size of the external flash, bytes; 0 for bootloaders without this question. PX4's needs GET_SYNC after it."""
        try:
            return (yield from self.device(Info.EXTERNAL_FLASH_SIZE))
        except BootloaderRefusedError:
            yield from self.sync()
            return 0

    def set_baud(self, baud: int) -> Script[None]:
        """SET_BAUD, answered at the old rate. Bootloaders without it do not answer, and keep their rate."""
        yield from self._do(Op.SET_BAUD, baud.to_bytes(4, "little"), limit_ms=_RATE_REPLY_MS)
        self._wire.baud = baud
        yield from self._wire.wait(_RATE_PAUSE_MS)

    def erase(self) -> Script[None]:
        """CHIP_ERASE, sent once."""
        yield from self._do(Op.CHIP_ERASE, limit_ms=ERASE_MS)

    def program(self, chunk: bytes) -> Script[None]:
        """Program the next `chunk` of internal flash (whole words, at most CHUNK bytes)."""
        yield from self._do(Op.PROG_MULTI, bytes((len(chunk),)) + chunk)

    def program_external(self, chunk: bytes) -> Script[None]:
        """Program the next `chunk` of external flash."""
        yield from self._do(Op.EXTF_PROG_MULTI, bytes((len(chunk),)) + chunk)

    def crc(self) -> Script[int]:
        """CRC over the whole internal flash."""
        reply = yield from self._ask(Op.GET_CRC, b"", 4, limit_ms=CRC_MS)
        return int.from_bytes(reply, "little")

    def external_crc(self, size: int) -> Script[int]:
        """CRC over the first `size` bytes of the external flash."""
        reply = yield from self._ask(Op.EXTF_GET_CRC, size.to_bytes(4, "little"), 4, limit_ms=CRC_MS)
        return int.from_bytes(reply, "little")

    def begin_reading(self) -> Script[None]:
        """CHIP_VERIFY of revision 2: the next READ_MULTI starts at the beginning of the flash."""
        yield from self._do(Op.CHIP_VERIFY)

    def read(self, count: int) -> Script[bytes]:
        """Read the next `count` bytes of flash. It cannot be repeated, because the address moves on."""
        return (yield from self._exchange(Op.READ_MULTI, bytes((count,)), count, REPLY_MS))

    def boot(self) -> Script[None]:
        """BOOT: the bootloader answers and starts the firmware."""
        yield from self._do(Op.BOOT)

    def erase_external(self, size: int, percent: Callable[[int], None]) -> Script[None]:
        """EXTF_ERASE of `size` bytes: OK, then rising percentages, then the final reply. 18 followed by 16 or 17 is
        that reply."""
        yield from self._do(Op.EXTF_ERASE, size.to_bytes(4, "little"))
        until_ms = self._wire.now_ms + EXTERNAL_ERASE_MS
        while (match := _END_OF_PERCENTS.search(self._wire.inbox)) is None:
            if self._wire.inbox:
                percent(min(self._wire.inbox[-1], 100))
            yield from self._wire.more(until_ms)
        if match.group() != b"\x12\x10":
            raise BootloaderRefusedError(Op.EXTF_ERASE, BootStatus.FAILED)
        self._wire.discard()

    def _do(self, op: Op, data: bytes = b"", limit_ms: int = REPLY_MS) -> Script[None]:
        """Send a command without a value in its reply. Bytes before the reply are noise."""
        self._wire.discard()
        self._wire.send(command(op, data))
        until_ms = self._wire.now_ms + limit_ms
        while (match := _REPLY.search(self._wire.inbox)) is None:
            yield from self._wire.more(until_ms)
        status = self._wire.inbox[match.start() + 1]
        del self._wire.inbox[: match.end()]
        if status != BootStatus.OK:
            raise BootloaderRefusedError(op, status)

    def _ask(self, op: Op, data: bytes, size: int, limit_ms: int = REPLY_MS) -> Script[bytes]:
        """Send a question and repeat it after an invalid or missing answer."""
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                return (yield from self._exchange(op, data, size, limit_ms))
            except (Garbled, BootloaderSilentError):
                if last:
                    raise
                yield from self._quiet()
        raise AssertionError("the last try returns or raises")

    def _exchange(self, op: Op, data: bytes, size: int, limit_ms: int) -> Script[bytes]:
        """Send a question and read `size` bytes and the status.

        An answer of another length is judged when no more bytes arrive: noise may precede it, and a refusal has no
        value.
        """
        self._wire.discard()
        self._wire.send(command(op, data))
        until_ms = self._wire.now_ms + limit_ms
        inbox = self._wire.inbox
        while not (len(inbox) == size + 2 and inbox[size:] == _OK):
            if len(inbox) < size + 2 and _status_at_end(inbox) is None:
                yield from self._wire.more(until_ms)
                continue
            before = len(inbox)
            yield from self._quiet(keep=True)
            if len(inbox) == before:
                if self._is_answer(op, size):
                    break
                yield from self._wire.more(until_ms)
            elif self._wire.now_ms >= until_ms:
                raise Garbled(f"{op.name} was answered by {len(inbox)} bytes")
        reply = bytes(inbox[-size - 2 : -2])
        self._wire.discard()
        return reply

    def _is_answer(self, op: Op, size: int) -> bool:
        """True for a complete answer, False for the beginning of one; otherwise BootloaderRefusedError or Garbled."""
        inbox = self._wire.inbox
        status = _status_at_end(inbox)
        if status not in (None, BootStatus.OK):
            raise BootloaderRefusedError(op, inbox[-1])
        if status is None and len(inbox) >= size + 2:
            raise Garbled(f"{op.name} was answered {bytes(inbox[: size + 2]).hex(' ')}")
        return len(inbox) >= size + 2

    def _quiet(self, *, keep: bool = False) -> Script[None]:
        """Wait until no byte has arrived for a moment, with a limit, because telemetry never ends."""
        until_ms = self._wire.now_ms + _LONGEST_QUIET_MS
        while self._wire.now_ms < until_ms:
            try:
                yield from self._wire.more(min(self._wire.now_ms + _QUIET_MS, until_ms))
            except BootloaderSilentError:
                break
        if not keep:
            self._wire.discard()


def _status_at_end(data: bytearray) -> BootStatus | None:
    """Status at the end of these bytes, if there is one."""
    match = _REPLY.fullmatch(data, max(0, len(data) - 2))
    return None if match is None else BootStatus(data[-1])
