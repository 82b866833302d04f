"""What differs between the controllers: modes, and how they are told to go somewhere.

Inside Sortie modes have ArduPilot's numbers. Sources: docs/reference/real-vehicles.md, 2; ArduPilot ArduCopter/mode.h,
Rover/mode.h; PX4 px4_custom_mode.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from autopilot.modes.table import CopterMode
from autopilot.vehicles.kinds import class_of_type
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Message

_PX4 = int(dialect.MAV_AUTOPILOT_PX4)
_ARDUPILOT = int(dialect.MAV_AUTOPILOT_ARDUPILOTMEGA)


@dataclass(frozen=True, slots=True)
class Firmware:
    """A controller running ArduPilot, of a kind of vehicle."""

    vehicle_class: VehicleClass
    name: str = "ArduPilot"

    @property
    def kind(self) -> str:
        """The kind's name."""
        return self.vehicle_class.name

    @property
    def guided(self) -> int:
        """The mode that follows our targets."""
        return self.vehicle_class.modes.guided

    @property
    def auto(self) -> int:
        """The mode that a mission is shown as."""
        return self.vehicle_class.modes.auto

    @property
    def land(self) -> int:
        """The mode that comes down here, or stops."""
        return self.vehicle_class.modes.stop

    @property
    def px4(self) -> bool:
        return False

    def flown(self, mode: int) -> int:
        """The controller's mode for one of ours: AUTO is flown by targets."""
        return self.guided if mode in self.vehicle_class.modes.autos else mode

    def mode_of(self, custom_mode: int) -> int:
        """HEARTBEAT.custom_mode as ArduPilot's mode number."""
        return custom_mode

    def custom_mode(self, mode: int) -> int:
        """Inverse of `mode_of`."""
        return mode

    def set_mode_params(self, mode: int) -> tuple[float, float, float]:
        """Parameters 1 to 3 of MAV_CMD_DO_SET_MODE."""
        return (1.0, float(mode), 0.0)


# ArduPilot's number: PX4 (main, sub)
_PX4_MODES: Final[dict[int, tuple[int, int]]] = {
    CopterMode.ACRO: (5, 0),
    CopterMode.STABILIZE: (7, 0),
    CopterMode.ALT_HOLD: (2, 0),
    CopterMode.LOITER: (3, 0),
    CopterMode.AUTO: (4, 4),
    CopterMode.GUIDED: (4, 3),
    CopterMode.RTL: (4, 5),
    CopterMode.LAND: (4, 6),
}
# what PX4 shows while it does what GUIDED would: taking off, offboard
_PX4_ALSO: Final[dict[tuple[int, int], int]] = {
    (4, 2): CopterMode.GUIDED,
    (6, 0): CopterMode.GUIDED,
    (1, 0): CopterMode.STABILIZE,
}
_UNKNOWN_BASE: Final = 1000


@dataclass(frozen=True, slots=True)
class Px4(Firmware):
    """A multicopter running PX4, flown by DO_REPOSITION in AUTO.LOITER. Untested on a real PX4."""

    name: str = "PX4"

    @property
    def px4(self) -> bool:
        return True

    def mode_of(self, custom_mode: int) -> int:
        pair = (custom_mode >> 16 & 0xFF, custom_mode >> 24 & 0xFF)
        for mode, known in _PX4_MODES.items():
            if known == pair:
                return int(mode)
        return int(_PX4_ALSO.get(pair, _UNKNOWN_BASE + pair[0] * 100 + pair[1]))

    def custom_mode(self, mode: int) -> int:
        main, sub = _PX4_MODES.get(mode, (4, 3))
        return main << 16 | sub << 24

    def set_mode_params(self, mode: int) -> tuple[float, float, float]:
        main, sub = _PX4_MODES.get(mode, (4, 3))
        return (1.0, float(main), float(sub))


def firmware_of(heartbeat: Message) -> Firmware | None:
    """What sends this HEARTBEAT; None when it is no autopilot that we can fly."""
    kind = class_of_type(heartbeat.type)
    if kind is None:
        return None
    if heartbeat.autopilot == _ARDUPILOT:
        return Firmware(kind)
    return Px4(kind) if heartbeat.autopilot == _PX4 and kind.has_height else None
