"""Upload of a firmware: identify, check, erase, program, verify, boot.

Everything is checked before the erase. The first words of the image are written by BOOT, so after any earlier failure
the board stays in its bootloader and can be flashed again. FAILED, a wrong CRC and a missing answer get one second try
from GET_SYNC on; a board that is gone or does not answer GET_SYNC does not.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.bootloader import failures
from mavlink_bridge.bootloader.boards import board_name, fits
from mavlink_bridge.bootloader.client import BootloaderClient, BootloaderRefusedError, Garbled
from mavlink_bridge.bootloader.failures import BoardState, FlashFailure
from mavlink_bridge.bootloader.firmware import FirmwareImage
from mavlink_bridge.bootloader.protocol import (
    BOOTLOADER_BAUD,
    CHUNK,
    FAST_BAUD,
    REVISIONS,
    BootStatus,
    Info,
    crc32,
    flash_crc,
)
from mavlink_bridge.bootloader.script import BootloaderSilentError, PortGone, Script, ScriptWire

ERASE_USUAL_MS: Final = 9000
"""Usual time of an erase, ms; the progress of an erase is measured by it."""
_TRIES: Final = 2


class UploadStage(Enum):
    """Stage of an upload; the value is its text."""

    FIND = "looking for the board"
    REBOOT = "restarting into the bootloader"
    IDENTIFY = "identifying"
    EXTERNAL_ERASE = "erasing external flash"
    EXTERNAL_PROGRAM = "programming external flash"
    ERASE = "erasing"
    PROGRAM = "programming"
    VERIFY = "verifying"
    BOOT = "starting the firmware"
    LINK = "waiting for the vehicle"


@dataclass(frozen=True, slots=True)
class BoardInfo:
    """Board by its bootloader's answers. Sizes are in bytes."""

    protocol: int
    board_id: int
    board_revision: int
    flash_size: int
    external_flash_size: int


class FlashStatus:
    """Progress of flashing. `done` of `total` units of the present stage; total 0: unknown. `stages`: all stages so
    far. `lines`: texts since the last `take_lines`. `finished`: flashing succeeded."""

    def __init__(self) -> None:
        self.stage = UploadStage.FIND
        self.since_ms = 0
        self.done = 0
        self.total = 0
        self.board_state = BoardState.UNTOUCHED
        self.finished = False
        self.stages: list[UploadStage] = []
        self.lines: list[str] = []

    def begin(self, stage: UploadStage, now_ms: int, total: int = 0) -> None:
        self.stage, self.since_ms, self.done, self.total = stage, now_ms, 0, total
        self.stages.append(stage)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def take_lines(self) -> list[str]:
        lines, self.lines = self.lines, []
        return lines


class RateLost(Exception):
    """No answer at the fast rate. Nothing was erased; the board must be restarted."""


class _CrcDiffers(Exception):
    """The contents of the flash differ from the image."""


class FlashUpload:
    """Upload to the board whose bootloader answers on `wire`; raises FlashFailure. `fast`: program a UART at FAST_BAUD;
    False after RateLost."""

    def __init__(self, wire: ScriptWire, firmware: FirmwareImage, status: FlashStatus, *, force: bool = False) -> None:
        self.info: BoardInfo | None = None
        self._wire = wire
        self._firmware = firmware
        self._status = status
        self._force = force
        self._client = BootloaderClient(wire)
        self.fast = True

    def run(self) -> Script[None]:
        """Upload and start the firmware. The board's state is VERIFIED, or WRITTEN if BOOT was not answered."""
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                yield from self._once()
                return
            except PortGone:
                raise failures.unplugged(self._state, self._doing) from None
            except (BootloaderRefusedError, Garbled, BootloaderSilentError, _CrcDiffers) as trouble:
                if last:
                    raise self._ending(trouble) from None
                yield from self._before_second_try(trouble)

    @property
    def _state(self) -> BoardState:
        return self._status.board_state

    @property
    def _doing(self) -> str:
        return self._status.stage.value

    def _before_second_try(self, trouble: Exception) -> Script[None]:
        """Check that the bootloader still answers, and announce the second try."""
        if isinstance(trouble, BootloaderRefusedError) and trouble.status is BootStatus.BAD_SILICON:
            raise failures.bad_silicon()
        failing, doing = self._ending(trouble), self._doing
        try:
            yield from self._sync_patiently()
            self._status.say(f"{doing} failed ({_words(trouble)}); trying once more from the start")
            yield from self._slow_down()
        except (BootloaderSilentError, BootloaderRefusedError):
            raise failing from None
        except PortGone:
            raise failures.unplugged(self._state, doing) from None

    def _sync_patiently(self) -> Script[None]:
        """Repeat GET_SYNC until it is answered: an interrupted command swallows the first ones."""
        for _ in range(3):
            try:
                yield from self._client.sync()
                break
            except (BootloaderSilentError, BootloaderRefusedError):
                yield from self._wire.wait(200)
        else:
            yield from self._client.sync()
        yield from self._client.settle()

    def _ending(self, trouble: Exception) -> FlashFailure:
        if isinstance(trouble, BootloaderSilentError):
            return failures.fallen_silent(self._state, self._doing)
        return failures.refused_twice(self._state, self._doing, _words(trouble))

    def _once(self) -> Script[None]:
        info = yield from self._identify()
        yield from self._check(info)
        yield from self._speed_up()
        if self._firmware.external:
            yield from self._external()
        yield from self._erase()
        yield from self._program(UploadStage.PROGRAM, self._firmware.image, self._client.program)
        yield from self._verify(info)
        self._status.begin(UploadStage.BOOT, self._wire.now_ms)
        self._status.board_state = BoardState.WRITTEN
        try:
            yield from self._client.boot()
        except PortGone:  # it left before its answer was read, or was unplugged; the HEARTBEAT will tell
            return
        self._status.board_state = BoardState.VERIFIED

    def _identify(self) -> Script[BoardInfo]:
        self._status.begin(UploadStage.IDENTIFY, self._wire.now_ms)
        client = self._client
        yield from client.sync()
        protocol = yield from client.revision()
        if protocol not in REVISIONS:
            raise failures.old_bootloader(protocol)
        external = yield from client.external_flash_size()
        board_id = yield from client.device(Info.BOARD_ID)
        board_revision = yield from client.device(Info.BOARD_REVISION)
        flash = yield from client.device(Info.FLASH_SIZE)
        self.info = BoardInfo(protocol, board_id, board_revision, flash, external)
        return self.info

    def _check(self, info: BoardInfo) -> Script[None]:
        """Refuse firmware that does not fit. If nothing was erased, start the old firmware again."""
        wrong = self._mismatch(info)
        if wrong is None:
            return
        if self._state is BoardState.UNTOUCHED:
            try:
                yield from self._client.boot()
            except (BootloaderRefusedError, BootloaderSilentError, PortGone):
                self._status.say("the board stays in its bootloader until it is plugged in anew")
        raise wrong

    def _mismatch(self, info: BoardInfo) -> FlashFailure | None:
        firmware = self._firmware
        board = board_name(info.board_id, flash=info.flash_size)
        if not fits(info.board_id, firmware.board_id):
            if not self._force:
                return failures.wrong_board(board, board_name(firmware.board_id, summary=firmware.summary))
            self._status.say(f"forced: firmware for board id {firmware.board_id} onto board id {info.board_id}")
        if len(firmware.image) > info.flash_size:
            return failures.too_large(firmware.size, info.flash_size, board)
        if len(firmware.external) > info.external_flash_size:
            return failures.too_large(firmware.external_size, info.external_flash_size, board, "external flash")
        return None

    def _speed_up(self) -> Script[None]:
        """Set the fast rate on a UART, if the bootloader can; USB has no rate."""
        if not (self._wire.uart and self.fast and self._wire.baud == BOOTLOADER_BAUD):
            return
        try:
            yield from self._client.set_baud(FAST_BAUD)
        except (BootloaderRefusedError, BootloaderSilentError):
            yield from self._sync_patiently()  # the bootloader does not have SET_BAUD and keeps its rate
            return
        try:
            yield from self._sync_patiently()
        except (BootloaderRefusedError, BootloaderSilentError):
            raise RateLost from None

    def _slow_down(self) -> Script[None]:
        """Go back to the slow rate after a failure at the fast one."""
        self.fast = False
        if self._wire.baud != BOOTLOADER_BAUD:
            try:
                yield from self._client.set_baud(BOOTLOADER_BAUD)
            except (BootloaderRefusedError, BootloaderSilentError):
                self._status.say(f"the board stays at {self._wire.baud} baud")

    def _external(self) -> Script[None]:
        data, status = self._firmware.external, self._status
        status.begin(UploadStage.EXTERNAL_ERASE, self._wire.now_ms, 100)
        if self._state is BoardState.UNTOUCHED:
            status.board_state = BoardState.EXTERNAL_INCOMPLETE
        yield from self._client.erase_external(len(data), self._measured)
        yield from self._program(UploadStage.EXTERNAL_PROGRAM, data, self._client.program_external)
        if (yield from self._client.external_crc(len(data))) != crc32(data):
            raise _CrcDiffers

    def _measured(self, done: int) -> None:
        self._status.done = done

    def _erase(self) -> Script[None]:
        self._status.begin(UploadStage.ERASE, self._wire.now_ms, ERASE_USUAL_MS)
        before, self._status.board_state = self._state, BoardState.INCOMPLETE
        try:
            yield from self._client.erase()
        except BootloaderRefusedError as refused:
            if refused.status is BootStatus.INVALID:  # not understood, so nothing was erased
                self._status.board_state = before
            raise

    def _program(self, stage: UploadStage, data: bytes, program: Callable[[bytes], Script[None]]) -> Script[None]:
        self._status.begin(stage, self._wire.now_ms, len(data))
        for at in range(0, len(data), CHUNK):
            yield from program(data[at : at + CHUNK])
            self._status.done = min(at + CHUNK, len(data))

    def _verify(self, info: BoardInfo) -> Script[None]:
        self._status.begin(UploadStage.VERIFY, self._wire.now_ms)
        if info.protocol >= 3:
            if (yield from self._client.crc()) != flash_crc(self._firmware.image, info.flash_size):
                raise _CrcDiffers
            return
        image = self._firmware.image
        self._status.total = len(image)
        yield from self._client.begin_reading()
        for at in range(0, len(image), CHUNK):
            chunk = image[at : at + CHUNK]
            if (yield from self._client.read(len(chunk))) != chunk:
                raise _CrcDiffers
            self._status.done = at + len(chunk)


def _words(trouble: Exception) -> str:
    if isinstance(trouble, _CrcDiffers):
        return "what was read back differs from the file"
    return "an answer was missing" if isinstance(trouble, BootloaderSilentError) else str(trouble)
