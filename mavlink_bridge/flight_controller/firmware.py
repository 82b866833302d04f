"""What differs between the controllers: modes, and how they are told to go somewhere.

Inside Sortie modes have ArduPilot's numbers. Sources: docs/reference/real-vehicles.md, 2; ArduPilot ArduCopter/mode.h,
Rover/mode.h; PX4 px4_custom_mode.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from autopilot.modes.table import CopterMode, RoverMode
from mavlink_bridge.codec import dialect
from mavlink_bridge.services.base import Message

_PX4 = int(dialect.MAV_AUTOPILOT_PX4)
_ARDUPILOT = int(dialect.MAV_AUTOPILOT_ARDUPILOTMEGA)
_COPTERS: Final = frozenset((2, 3, 4, 13, 14, 15, 29, 35, 43))  # MAV_TYPE quadrotor .. generic multirotor
_ROVERS: Final = frozenset((10, 11))  # ground rover, surface boat


@dataclass(frozen=True, slots=True)
class Firmware:
    """A controller running ArduPilot. `kind`: "copter" or "rover"; `guided`: the mode that follows our targets; `auto`:
    the mode that a mission is shown as; `land`: comes down here (rover: stops)."""

    kind: str
    guided: int
    auto: int
    land: int
    name: str = "ArduPilot"

    @property
    def px4(self) -> bool:
        return False

    def flown(self, mode: int) -> int:
        """The controller's mode for one of ours: AUTO is flown by targets."""
        return self.guided if mode == self.auto or (mode == CopterMode.AUTO_RTL and self.kind == "copter") else mode

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


COPTER: Final = Firmware("copter", CopterMode.GUIDED, CopterMode.AUTO, CopterMode.LAND)
ROVER: Final = Firmware("rover", RoverMode.GUIDED, RoverMode.AUTO, RoverMode.HOLD)
PX4_COPTER: Final = Px4("copter", CopterMode.GUIDED, CopterMode.AUTO, CopterMode.LAND)


def firmware_of(heartbeat: Message) -> Firmware | None:
    """What sends this HEARTBEAT; None when it is no autopilot that we can fly."""
    if heartbeat.type in _COPTERS:
        return {_ARDUPILOT: COPTER, _PX4: PX4_COPTER}.get(heartbeat.autopilot)
    if heartbeat.type in _ROVERS and heartbeat.autopilot == _ARDUPILOT:
        return ROVER
    return None
