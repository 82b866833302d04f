"""Simulated flight controller on USB, sans I/O: bootloader, firmware, and a plug that disappears at restarts.

`attached`: its port exists. The firmware is a stand-in for any image: it sends HEARTBEAT and its version, and restarts
on command.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from autopilot.context.turns import earliest
from autopilot.interface.records import dataclass
from autopilot.mav import AutopilotType, Cmd, ModeFlag, RebootAction, Result, SystemState, VehicleType
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.routing.service import Message
from mavlink_bridge.testing.bootloader import BoardSpec, BootloaderFaults, SimulatedBootloader
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect, id_of
from mavlink_bridge.wire.framing import FrameReader, FrameWriter

_AUTOPILOT_VERSION: Final = id_of("AUTOPILOT_VERSION")
_COMMAND_LONG: Final = id_of("COMMAND_LONG")
_DISARMED: Final = ModeFlag.MANUAL_INPUT_ENABLED | ModeFlag.STABILIZE_ENABLED | ModeFlag.CUSTOM_MODE_ENABLED
_RESTARTS: Final = (RebootAction.REBOOT, RebootAction.REBOOT_TO_BOOTLOADER)
_POWER_UP_MS: Final = 5000
"""Time for which the bootloader waits before it starts a complete firmware."""


@dataclass(slots=True)
class BoardFirmware:
    """Behaviour of the simulated firmware. `mute`: no MAVLink. `answer`: MAV_RESULT of the restart command."""

    mute: bool = False
    armed: bool = False
    answer: int = Result.ACCEPTED
    starts_ms: int = 2000
    """Time from leaving the bootloader to being on USB again."""
    returns_ms: int = 1500
    """Time from leaving the firmware to being on USB again, as bootloader."""


class Power(Enum):
    """Power states of the board."""

    OFF = auto()
    BOOTLOADER = auto()
    FIRMWARE = auto()


class SimulatedBoard:
    """Simulated board; `plug` it in first. Its port exists while `attached`; data sent otherwise is lost."""

    def __init__(
        self,
        spec: BoardSpec | None = None,
        faults: BootloaderFaults | None = None,
        firmware: BoardFirmware | None = None,
    ) -> None:
        self.bootloader = SimulatedBootloader(spec or BoardSpec(), faults)
        self.firmware = firmware or BoardFirmware()
        self.power = Power.OFF
        self.attached = False
        self._next: tuple[int, Power] | None = None
        self._detach_ms: int | None = None
        self._start_ms: int | None = None
        self._beat_ms = 0
        self._touched = False
        self._hold = False
        self._reader, self._writer = FrameReader(), FrameWriter(1, 1)
        self._out = bytearray()

    def plug(self, now_ms: int) -> None:
        """Connect the board, which starts its bootloader."""
        self._hold = False
        self._arrive(Power.BOOTLOADER, now_ms)

    def unplug(self) -> None:
        """Disconnect the board and stop what it does."""
        self.power, self.attached = Power.OFF, False
        self._next = self._detach_ms = self._start_ms = None
        self._out.clear()

    def install(self, image: bytes) -> None:
        """Install `image` as if it had been flashed before."""
        self.bootloader.flash[: len(image)] = image

    def receive(self, data: bytes, now_ms: int) -> None:
        if not self.attached or self._detach_ms is not None:
            return
        if self.power is Power.BOOTLOADER:
            self._touched = True
            self.bootloader.receive(data, now_ms)
            self._follow_bootloader(now_ms)
        elif not self.firmware.mute:
            for frame in self._reader.receive(data):
                if frame.msg_id == _COMMAND_LONG:
                    self._command(codec.decode(frame.msg_id, frame.payload), now_ms)

    def handle_timeout(self, now_ms: int) -> None:
        if self._detach_ms is not None and now_ms >= self._detach_ms:
            self._detach_ms, self.attached = None, False
            self.power = Power.OFF
        if self._next is not None and now_ms >= self._next[0]:
            power, self._next = self._next[1], None
            self._arrive(power, now_ms)
        if self.power is Power.BOOTLOADER:
            self.bootloader.handle_timeout(now_ms)
            self._follow_bootloader(now_ms)
            if self._start_ms is not None and now_ms >= self._start_ms:
                self._start_ms = None
                if not self._touched:
                    self._leave(now_ms, 0, self.firmware.starts_ms, Power.FIRMWARE)
        elif self.power is Power.FIRMWARE and not self.firmware.mute and now_ms >= self._beat_ms:
            self._beat_ms = now_ms + 1000
            base = _DISARMED | (ModeFlag.SAFETY_ARMED if self.firmware.armed else 0)
            self._send(
                dialect.MAVLink_heartbeat_message(
                    VehicleType.QUADROTOR, AutopilotType.ARDUPILOTMEGA, base, 0, SystemState.STANDBY, 3
                )
            )

    def next_deadline_ms(self) -> int | None:
        due = [self._detach_ms, self._start_ms, None if self._next is None else self._next[0]]
        if self.power is Power.BOOTLOADER:
            due.append(self.bootloader.next_deadline_ms())
        elif self.power is Power.FIRMWARE and not self.firmware.mute:
            due.append(self._beat_ms)
        return earliest(due)

    def take_outgoing(self) -> bytes:
        data = self.bootloader.take_outgoing() + bytes(self._out)
        self._out.clear()
        return data

    def _arrive(self, power: Power, now_ms: int) -> None:
        self.power, self.attached = power, True
        self._touched = False
        self._reader = FrameReader()
        if power is Power.BOOTLOADER:
            self.bootloader.restart()
            wait = self.bootloader.has_firmware and not self._hold
            self._start_ms = now_ms + _POWER_UP_MS if wait else None
        else:
            self._beat_ms = now_ms + 500

    def _follow_bootloader(self, now_ms: int) -> None:
        if self.bootloader.unplugged:
            self.unplug()
        elif self.bootloader.booted and self._detach_ms is None and self._next is None:
            power = Power.FIRMWARE if self.bootloader.has_firmware else Power.BOOTLOADER
            self._leave(now_ms, 100, self.firmware.starts_ms, power)

    def _leave(self, now_ms: int, after_ms: int, away_ms: int, power: Power) -> None:
        self._detach_ms = now_ms + after_ms
        self._next = (now_ms + after_ms + away_ms, power)

    def _command(self, message: Message, now_ms: int) -> None:
        if message.target_system not in (0, 1):
            return
        if message.command == Cmd.REQUEST_MESSAGE and message.param1 == _AUTOPILOT_VERSION:
            self._send(dialect.MAVLink_command_ack_message(Cmd.REQUEST_MESSAGE, Result.ACCEPTED))
            self._send(
                dialect.MAVLink_autopilot_version_message(
                    0,
                    Identity().software_version,
                    0,
                    0,
                    self.bootloader.spec.board_id << 16,
                    [0] * 8,
                    [0] * 8,
                    [0] * 8,
                    0,
                    0,
                    0,
                )
            )
        elif message.command == Cmd.PREFLIGHT_REBOOT_SHUTDOWN:
            self._restart(int(message.param1), now_ms)

    def _restart(self, param1: int, now_ms: int) -> None:
        answer = self.firmware.answer if param1 in _RESTARTS else Result.UNSUPPORTED
        if self.firmware.armed and answer == Result.ACCEPTED:
            answer = Result.FAILED
        self._send(dialect.MAVLink_command_ack_message(Cmd.PREFLIGHT_REBOOT_SHUTDOWN, answer))
        if answer == Result.ACCEPTED:
            self._hold = param1 == 3
            self._leave(now_ms, 200, self.firmware.returns_ms, Power.BOOTLOADER)

    def _send(self, message: Message) -> None:
        self._out += self._writer.frame(*codec.payload(message))
