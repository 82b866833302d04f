"""Flashing from a port and a firmware to a linked vehicle: find the bootloader, upload, wait for the HEARTBEAT.

The caller opens the port while `wire.wants_port` is set, moves bytes, and calls `runner.advance` at the deadline. The
session decides everything else, including all time limits.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Final

from autopilot.interface.records import dataclass
from mavlink_bridge.bootloader import failures
from mavlink_bridge.bootloader.client import BootloaderClient, BootloaderRefusedError, Garbled
from mavlink_bridge.bootloader.failures import BoardState, FlashFailure
from mavlink_bridge.bootloader.firmware import FirmwareImage
from mavlink_bridge.bootloader.mavlink import MavlinkSide, blind_restart
from mavlink_bridge.bootloader.protocol import BOOTLOADER_BAUD, FAST_BAUD, FLIGHT_BAUDS
from mavlink_bridge.bootloader.script import BootloaderSilentError, PortGone, Runner, Script, ScriptWire
from mavlink_bridge.bootloader.upload import FlashStatus, FlashUpload, RateLost, UploadStage
from mavlink_bridge.clients.command import CommandOutcome

_SILENT_MS: Final = 60_000
"""Limit for a bootloader on an existing port. All limits are link time."""
_ABSENT_MS: Final = 15_000
"""Limit for a named port to appear or come back."""
_NO_BOARD_MS: Final = 30_000
"""Limit for any flight controller to appear, with `auto`."""
_HEARTBEAT_MS: Final = 30_000
"""Limit for the firmware's HEARTBEAT after BOOT."""
_LISTEN_MS: Final = 1600
"""Limit for a HEARTBEAT (1 Hz) in one attempt to find a running autopilot."""
_RESTART_MS: Final = 500
"""Time for which the port stays closed when the board restarts. The board resets 100 to 400 ms after its answer, and an
open descriptor would keep the port's name."""


@dataclass(frozen=True, slots=True)
class LinkedVehicle:
    """Vehicle after flashing. `vehicle`: "ArduPilot copter". `version`: "4.6.2" or "unknown". `port`, `baud`: where it
    is."""

    vehicle: str
    version: str
    port: str
    baud: int


_HINT_MS = 1000
_NO_BOARD = "no flight controller found yet: plug it in; waiting for it"
ASK_TO_PLUG = "the board does not answer: unplug it and plug it in again; waiting for it"


class FlashSession:
    """Flashing of a board, which ends with `linked` or `failure` (`runner.done`).

    `port`: its name for texts. `auto`: search it by USB ids. `list_ports`: phrase with the serial ports. `list_users`:
    other programs that have a port open.
    """

    def __init__(
        self,
        firmware: FirmwareImage,
        port: str,
        *,
        auto: bool = False,
        force: bool = False,
        list_ports: Callable[[], str] = lambda: "",
        list_users: Callable[[str], list[str]] = lambda port: [],
    ) -> None:
        self.wire = ScriptWire()
        self.status = FlashStatus()
        self.runner = Runner(self.wire, self._run())
        self.linked: LinkedVehicle | None = None
        self.failure: FlashFailure | None = None
        self._port = port
        self._auto = auto
        self._list_ports = list_ports
        self._list_users = list_users
        self._upload = FlashUpload(self.wire, firmware, self.status, force=force)
        self._hinted = False

    def _run(self) -> Script[None]:
        try:
            yield from self._reach()
            try:
                yield from self._upload.run()
            except RateLost:
                yield from self._again_slowly()
            self.linked = yield from self._link()
            self.status.finished = True
        except FlashFailure as failure:
            self.failure = failure

    @property
    def when_stopped(self) -> str:
        """State of the board if the user stops now, and what to do."""
        state = self.status.board_state
        if state is BoardState.VERIFIED:
            return f"{state.value}; its first HEARTBEAT was not waited for"
        in_bootloader = state is BoardState.UNTOUCHED and UploadStage.IDENTIFY in self.status.stages
        waiting = ", and the board waits in its bootloader until it is plugged in anew" if in_bootloader else ""
        return f"{state.value}{waiting}; run the same command again to flash the board"

    def _again_slowly(self) -> Script[None]:
        """Flash again at the slow rate after the board did not answer at the fast one and was restarted."""
        self.status.say(f"{self._name}: no answer at {FAST_BAUD} baud, so it is done at {BOOTLOADER_BAUD}")
        self._upload.fast = False
        yield from self._reach()
        yield from self._upload.run()

    @property
    def _name(self) -> str:
        return self.wire.port or self._port

    def _reach(self) -> Script[None]:
        """Wait until a bootloader answers."""
        until_ms = self.wire.now_ms + (_NO_BOARD_MS if self._auto else _ABSENT_MS)
        if self._auto:
            self.status.begin(UploadStage.FIND, self.wire.now_ms)
        yield from self._open(until_ms, hint_ms=self.wire.now_ms + _HINT_MS)
        if not self._auto:
            self.status.begin(UploadStage.FIND, self.wire.now_ms)
        give_up_ms = self.wire.now_ms + _SILENT_MS
        bauds = cycle(FLIGHT_BAUDS)
        attempts, tried = 0, 0
        while True:
            try:
                yield from self._open(max(give_up_ms, self.wire.now_ms + _ABSENT_MS) if self._hinted else None)
                # a port that came back since the last attempt gets one more, within a limit
                grace = 0 if self.wire.opened == tried else _ABSENT_MS
                if self.wire.now_ms >= give_up_ms + grace:
                    users = self._list_users(self._name)
                    raise failures.no_answer(self._name, _SILENT_MS // 1000, users)
                tried = self.wire.opened
                self.wire.baud = BOOTLOADER_BAUD
                if (yield from self._bootloader_answers()):
                    return
                self.wire.baud = next(bauds)
                yield from self._ask_autopilot(give_up_ms, announce=attempts >= len(FLIGHT_BAUDS))
            except PortGone:
                continue  # unplugged or restarting: open it again
            attempts += 1
            if attempts == len(FLIGHT_BAUDS):
                self._ask_to_plug()

    def _open(self, until_ms: int | None = None, hint_ms: int | None = None) -> Script[None]:
        """Open the port. Fails at `until_ms` (None: after the limit for an absent port) or if an obstacle lasts too
        long. `hint_ms`: time at which the user is told to plug the board in."""
        wire = self.wire
        began_ms = wire.now_ms
        end_ms = began_ms + _ABSENT_MS if until_ms is None else until_ms
        wire.wants_port = True
        blocked_ms: int | None = None
        while not wire.connected:
            if wire.obstacle is None:
                blocked_ms = None
                if hint_ms is not None and wire.now_ms >= hint_ms:
                    missing = f"{self._name} is not there: plug the board in; waiting for it"
                    self.status.say(_NO_BOARD if self._auto else missing)
                    hint_ms = None
            else:
                blocked_ms = wire.now_ms if blocked_ms is None else blocked_ms
                if wire.now_ms - blocked_ms >= wire.obstacle.patience_ms:
                    raise failures.cannot_open(wire.obstacle, self.status.board_state)
            if wire.now_ms >= end_ms and wire.obstacle is None:
                raise self._absent((wire.now_ms - began_ms) // 1000)
            yield wire.now_ms + 100 if wire.obstacle is not None else end_ms if hint_ms is None else hint_ms

    def _absent(self, seconds: int) -> FlashFailure:
        if self._auto and not self.wire.opened:
            return failures.no_board(_NO_BOARD_MS // 1000, self._list_ports())
        return failures.absent(self._name, seconds, self.status.board_state, self._list_ports())

    def _bootloader_answers(self) -> Script[bool]:
        client = BootloaderClient(self.wire)
        try:
            yield from client.sync()
            yield from client.revision()
        except (BootloaderSilentError, Garbled, BootloaderRefusedError):
            return False
        return True

    def _ask_autopilot(self, give_up_ms: int, *, announce: bool) -> Script[None]:
        """Look for a running autopilot at this rate, and restart it into its bootloader."""
        side = MavlinkSide(self.wire, announce=announce)
        if not (yield from side.find(min(self.wire.now_ms + _LISTEN_MS, give_up_ms))):
            self.wire.send(blind_restart())
            yield from self.wire.wait(_RESTART_MS)
            return
        if side.watch.armed:
            raise failures.armed(self._name)
        self.status.begin(UploadStage.REBOOT, self.wire.now_ms)
        client = yield from side.ask_restart()
        outcome = client.outcome
        if outcome is CommandOutcome.ACCEPTED:
            yield from self.wire.close(_RESTART_MS)
        elif outcome in (CommandOutcome.FAILED, CommandOutcome.DENIED, CommandOutcome.TEMPORARILY_REJECTED):
            raise failures.will_not_restart(self._name, CommandOutcome(outcome).name)
        else:
            self._ask_to_plug()

    def _ask_to_plug(self) -> None:
        if not self._hinted:
            self._hinted = True
            self.status.say(f"{self._name}: {ASK_TO_PLUG}")

    def _link(self) -> Script[LinkedVehicle]:
        """Wait for the HEARTBEAT of the started firmware, at any rate."""
        self.status.begin(UploadStage.LINK, self.wire.now_ms)
        until_ms = self.wire.now_ms + _HEARTBEAT_MS
        yield from self.wire.close(_RESTART_MS)
        bauds = cycle(FLIGHT_BAUDS)
        while self.wire.now_ms < until_ms:
            try:
                yield from self._open(until_ms)
                self.wire.baud = next(bauds)
                side = MavlinkSide(self.wire, announce=True)
                if (yield from side.find(min(until_ms, self.wire.now_ms + 2 * _LISTEN_MS))):
                    version = yield from side.version(5000)
                    return LinkedVehicle(side.vehicle(), version, self._name, self.wire.baud)
            except PortGone:
                continue  # the board enumerates again
            except FlashFailure:
                break  # the port has not come back or cannot be opened
        if self.status.board_state is BoardState.WRITTEN:
            raise failures.unplugged(BoardState.WRITTEN, UploadStage.BOOT.value)
        raise failures.no_mavlink(self._name, _HEARTBEAT_MS // 1000)
