"""Simulated bootloader, sans I/O: answers of an STM32 board of ArduPilot or PX4 to an uploader, with faults on request.

It parses a stream of bytes, split anywhere, requires the command order of the real bootloaders, takes time to erase,
and writes the first words of an image only at BOOT.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Final, Literal

from autopilot.interface.records import dataclass, field
from mavlink_bridge.bootloader.protocol import (
    BOOTLOADER_BAUD,
    CHUNK,
    EOC,
    ERASED,
    INSYNC,
    WORD,
    BootStatus,
    Info,
    Op,
    crc32,
)

Family = Literal["ardupilot", "px4"]


@dataclass(frozen=True, slots=True)
class BoardSpec:
    """Board. Sizes in bytes; `external_flash` 0: none. `revision`: of the protocol."""

    board_id: int = 140
    board_revision: int = 0
    flash: int = 1_966_080
    external_flash: int = 0
    revision: int = 5
    family: Family = "ardupilot"


@dataclass(slots=True)
class BootloaderFaults:
    """Faults to inject. `(op, n)` is the n-th occurrence of a command, from 1.

    `answers`: status to send instead of executing it. `mute_at`, `unplug_at`: fault before the answer. `flip_at`: one
    wrong bit in its data. `wrong_crc`: numbers of wrong GET_CRC answers. `mute_after`: received bytes until silence.
    `noise`: bytes before one reply in `noise_every`.
    """

    answers: dict[tuple[Op, int], BootStatus] = field(default_factory=dict)
    mute_at: tuple[Op, int] | None = None
    unplug_at: tuple[Op, int] | None = None
    flip_at: tuple[Op, int] | None = None
    wrong_crc: frozenset[int] = frozenset()
    mute_after: int | None = None
    noise: Random | None = None
    noise_every: int = 10
    erase_ms: int = 9000


_ARGUMENTS: Final = {
    Op.GET_DEVICE: 1, Op.READ_MULTI: 1, Op.GET_OTP: 4, Op.GET_SN: 4, Op.SET_BAUD: 4, Op.EXTF_ERASE: 4,
    Op.EXTF_GET_CRC: 4,
}  # fmt: skip
_WITH_LENGTH: Final = frozenset((Op.PROG_MULTI, Op.EXTF_PROG_MULTI))
_SINCE: Final = {
    Op.GET_CRC: 3, Op.GET_OTP: 4, Op.GET_SN: 4, Op.GET_CHIP: 5, Op.GET_CHIP_DES: 5, Op.EXTF_ERASE: 5,
    Op.EXTF_PROG_MULTI: 5, Op.EXTF_GET_CRC: 5,
}  # fmt: skip
_GUARDED: Final = frozenset(
    (Op.CHIP_ERASE, Op.CHIP_FULL_ERASE, Op.PROG_MULTI, Op.SET_BAUD, Op.EXTF_ERASE, Op.EXTF_PROG_MULTI)
)
_BEFORE_ERASE: Final = frozenset((Info.REVISION, Info.BOARD_ID, Info.FLASH_SIZE))
_LEAD: Final = {"ardupilot": 32, "px4": 4}
_IDCODE: Final = 0x20036450
_DESCRIPTION: Final = b"STM32H7[4|5]x,V"
_RATE_MS: Final = 5
"""Time from the answer to SET_BAUD to the new rate."""
PATIENCE_MS: Final = 1000
"""Time for the rest of a command. Real bootloaders wait 2 ms for an EOC; a busy machine at the other end of a pty needs
more."""


class SimulatedBootloader:
    """Simulated bootloader: bytes and time in, bytes out. `flash`, `external`: contents of the memories. `booted`: set
    by BOOT. `unplugged`: set by the fault. `baud`: present rate, for users that simulate it."""

    def __init__(self, spec: BoardSpec, faults: BootloaderFaults | None = None) -> None:
        self.spec = spec
        self.faults = faults or BootloaderFaults()
        self.flash = bytearray(b"\xff" * spec.flash)
        self.external = bytearray(b"\xff" * spec.external_flash)
        self.counts: Counter[Op] = Counter()
        self.booted = False
        self.unplugged = False
        self.mute = False
        self.baud = BOOTLOADER_BAUD
        self._handlers: dict[Op, Callable[[bytes], bytes | BootStatus]] = {
            Op.GET_SYNC: self._sync,
            Op.GET_DEVICE: self._device,
            Op.CHIP_ERASE: self._erase,
            Op.CHIP_FULL_ERASE: self._erase,
            Op.CHIP_VERIFY: self._begin_reading,
            Op.PROG_MULTI: self._program,
            Op.READ_MULTI: self._read,
            Op.GET_CRC: self._crc,
            Op.GET_OTP: lambda data: b"\xff" * 4,
            Op.GET_SN: lambda data: b"SIM" + data[:1],
            Op.GET_CHIP: lambda data: _IDCODE.to_bytes(4, "little"),
            Op.GET_CHIP_DES: lambda data: len(_DESCRIPTION).to_bytes(4, "little") + _DESCRIPTION,
            Op.BOOT: self._boot,
            Op.SET_BAUD: lambda data: b"",
            Op.EXTF_ERASE: self._erase_external,
            Op.EXTF_PROG_MULTI: self._program_external,
            Op.EXTF_GET_CRC: self._external_crc,
        }
        self._received = 0
        self._out = bytearray()
        self.restart()

    def restart(self) -> None:
        """Restart as after power-up; the memories keep their contents."""
        self.booted = self.unplugged = False
        self._input = bytearray()
        self._command_ms: int | None = None
        self._busy: tuple[int, bytes] | None = None
        self._next_baud: tuple[int, int] | None = None
        self.baud = BOOTLOADER_BAUD
        self._lead = b""
        self._unproven: set[Op] = set()
        self._proofs: set[Op] = set()
        self._forget()
        self._out.clear()

    @property
    def has_firmware(self) -> bool:
        return self.flash[:WORD] != b"\xff" * WORD

    def receive(self, data: bytes, now_ms: int) -> None:
        self._received += len(data)
        self._input += data
        if self.faults.mute_after is not None and self._received >= self.faults.mute_after:
            self.mute = True
        self._work(now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        if self._busy is not None and now_ms >= self._busy[0]:
            self._send(self._busy[1])
            self._busy = None
        if self._next_baud is not None and now_ms >= self._next_baud[0]:
            self.baud, self._next_baud = self._next_baud[1], None
        if self._command_ms is not None and now_ms - self._command_ms >= PATIENCE_MS:
            self._input.clear()
            self._command_ms = None
            self._reply(BootStatus.INVALID)
        self._work(now_ms)

    def next_deadline_ms(self) -> int | None:
        due = [] if self._busy is None else [self._busy[0]]
        if self._command_ms is not None:
            due.append(self._command_ms + PATIENCE_MS)
        if self._next_baud is not None:
            due.append(self._next_baud[0])
        return min(due, default=None)

    def take_outgoing(self) -> bytes:
        data = bytes(self._out)
        self._out.clear()
        return data

    def _work(self, now_ms: int) -> None:
        """Execute complete commands of the input, until one is incomplete or takes time."""
        while self._input and self._busy is None and not (self.booted or self.unplugged):
            size = self._claimed()
            if size == 0:
                del self._input[0]  # unknown opcodes and NULs are dropped silently
                continue
            if len(self._input) < size:
                self._command_ms = now_ms if self._command_ms is None else self._command_ms
                return
            command, self._command_ms = bytes(self._input[:size]), None
            del self._input[:size]
            self._obey(command, now_ms)

    def _claimed(self) -> int:
        """Length of the command at the beginning of the input; 0 if it is none."""
        try:
            op = Op(self._input[0])
        except ValueError:
            return 0
        if self.spec.revision < _SINCE.get(op, 0) or (op is Op.SET_BAUD and self.spec.family == "px4"):
            return 0
        if op not in _WITH_LENGTH:
            return 2 + _ARGUMENTS.get(op, 0)
        return 3 + self._input[1] if len(self._input) > 1 else 3

    def _obey(self, command: bytes, now_ms: int) -> None:
        op, faults = Op(command[0]), self.faults
        self.counts[op] += 1
        this = (op, self.counts[op])
        if this == faults.unplug_at:
            self.unplugged = True
            return
        self.mute = self.mute or this == faults.mute_at
        data = command[1:-1]
        if this == faults.flip_at:
            data = data[:-1] + bytes((data[-1] ^ 1,))
        if command[-1] != EOC or (op in _GUARDED and not self._ready()):
            self._refuse()
            return
        answer = faults.answers.get(this)
        done = self._handlers[op](data) if answer is None else answer
        self._proofs.add(op)
        if isinstance(done, BootStatus):
            self._refuse() if done is BootStatus.INVALID else self._reply(done)
        elif op is Op.SET_BAUD:
            self._next_baud = (now_ms + _RATE_MS, int.from_bytes(data, "little"))
            self._send(done + bytes((INSYNC, BootStatus.OK)))
        elif op in (Op.CHIP_ERASE, Op.CHIP_FULL_ERASE):
            self._busy = (now_ms + faults.erase_ms, bytes((INSYNC, BootStatus.OK)))
        else:
            self._send(done + bytes((INSYNC, BootStatus.OK)))

    def _ready(self) -> bool:
        identified = bool(self._requested) if self.spec.family == "px4" else self._requested >= _BEFORE_ERASE
        return self._synced and identified

    def _refuse(self) -> None:
        if self.spec.family == "px4":
            self._forget()
        self._reply(BootStatus.INVALID)

    def _forget(self) -> None:
        self._synced = False
        self._requested: set[int] = set()
        self._address = self.spec.flash
        self._external_address = self.spec.external_flash
        self._read_address = 0

    def _reply(self, status: BootStatus) -> None:
        self._send(bytes((INSYNC, status)))

    def _send(self, data: bytes) -> None:
        if self.mute:
            return
        noise = self.faults.noise
        if noise is not None and noise.randrange(self.faults.noise_every) == 0:
            self._out += noise.randbytes(noise.randrange(1, 6))
        self._out += data

    def _sync(self, data: bytes) -> bytes:
        self._synced = True
        return b""

    def _device(self, data: bytes) -> bytes | BootStatus:
        spec = self.spec
        values = {
            Info.REVISION: spec.revision,
            Info.BOARD_ID: spec.board_id,
            Info.BOARD_REVISION: spec.board_revision,
            Info.FLASH_SIZE: spec.flash,
        }
        if spec.external_flash:
            values[Info.EXTERNAL_FLASH_SIZE] = spec.external_flash
        value = values.get(Info(data[0])) if data[0] in set(Info) else None
        if value is None:
            return BootStatus.INVALID
        self._requested.add(data[0])
        self._read_address = 0
        return value.to_bytes(4, "little")

    def _erase(self, data: bytes) -> bytes:
        self.flash[:] = b"\xff" * self.spec.flash
        self._address, self._lead = 0, b""
        self._unproven, self._proofs = {Op.PROG_MULTI, Op.GET_CRC}, set()
        return b""

    def _program(self, data: bytes) -> bytes | BootStatus:
        chunk = data[1:]
        if len(chunk) % WORD or len(chunk) > CHUNK or self._address + len(chunk) > self.spec.flash:
            return BootStatus.INVALID
        lead = _LEAD[self.spec.family]
        written = chunk
        if self._address < lead:
            delayed = min(lead - self._address, len(chunk))
            self._lead += chunk[:delayed]
            written = bytes((ERASED,)) * delayed + chunk[delayed:]
        self.flash[self._address : self._address + len(chunk)] = written
        self._address += len(chunk)
        return b""

    def _after_boot(self) -> bytes:
        """Contents of the flash after BOOT."""
        return self._lead + bytes(self.flash[len(self._lead) :])

    def _begin_reading(self, data: bytes) -> bytes:
        self._read_address = 0
        return b""

    def _read(self, data: bytes) -> bytes | BootStatus:
        at, count = self._read_address, data[0]
        if count % WORD or at + count > self.spec.flash:
            return BootStatus.INVALID
        self._read_address += count
        return self._after_boot()[at : at + count]

    def _crc(self, data: bytes) -> bytes:
        lie = 1 if self.counts[Op.GET_CRC] in self.faults.wrong_crc else 0
        return (crc32(self._after_boot()) ^ lie).to_bytes(4, "little")

    def _boot(self, data: bytes) -> bytes | BootStatus:
        if self.spec.family == "px4" and not self._unproven <= self._proofs:
            return BootStatus.INVALID
        self.flash[: len(self._lead)] = self._lead
        self._lead = b""
        self.booted = True
        return b""

    def _erase_external(self, data: bytes) -> bytes | BootStatus:
        count = int.from_bytes(data, "little")
        if not self.external or count > len(self.external):
            return BootStatus.INVALID
        self.external[:count] = b"\xff" * count
        self._external_address = 0
        percents = bytes(percent for percent in range(0, 101, 10) for _ in range(2))
        return bytes((INSYNC, BootStatus.OK)) + percents

    def _program_external(self, data: bytes) -> bytes | BootStatus:
        chunk = data[1:]
        at = self._external_address
        if not self.external or at + len(chunk) > len(self.external):
            return BootStatus.INVALID
        self.external[at : at + len(chunk)] = chunk
        self._external_address += len(chunk)
        return b""

    def _external_crc(self, data: bytes) -> bytes | BootStatus:
        count = int.from_bytes(data, "little")
        return crc32(bytes(self.external[:count])).to_bytes(4, "little") if self.external else BootStatus.INVALID
