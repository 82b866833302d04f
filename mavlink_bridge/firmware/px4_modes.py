"""PX4's modes of a multicopter, as a simulated one flies and shows them (px4_custom_mode.h, version 1.16).

Hold, Takeoff, Offboard, Orbit and Follow Target are the core's GUIDED, Precision Landing is its LAND; what they are
told apart by is the face's.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import StandardMode
from autopilot.modes.table import CopterMode, RoverMode
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.services.modes import ListedMode

Pair = tuple[int, int]
"""Main and sub mode."""
MANUAL, ALTITUDE, POSITION, ORBIT, ACRO, OFFBOARD, STABILIZED = (1, 0), (2, 0), (3, 0), (3, 1), (5, 0), (6, 0), (7, 0)
TAKEOFF, HOLD, MISSION, RETURN, LAND, FOLLOW, PRECISION = (4, 2), (4, 3), (4, 4), (4, 5), (4, 6), (4, 8), (4, 9)
AUTO: Final = 4
"""The main mode of all that PX4 flies by itself."""
GUIDED: Final = frozenset((TAKEOFF, HOLD, OFFBOARD, ORBIT, FOLLOW))
REMEMBERED: Final = GUIDED | {PRECISION}
"""Those that the core's mode alone does not tell."""

# PX4's mode: the core's
_COPTER: Final[dict[Pair, int]] = {
    STABILIZED: CopterMode.STABILIZE, MANUAL: CopterMode.STABILIZE, ACRO: CopterMode.ACRO,
    ALTITUDE: CopterMode.ALT_HOLD, POSITION: CopterMode.LOITER, TAKEOFF: CopterMode.GUIDED, HOLD: CopterMode.GUIDED,
    MISSION: CopterMode.AUTO, RETURN: CopterMode.RTL, LAND: CopterMode.LAND, OFFBOARD: CopterMode.GUIDED,
    ORBIT: CopterMode.GUIDED, FOLLOW: CopterMode.GUIDED, PRECISION: CopterMode.LAND,
}  # fmt: skip
_ROVER: Final[dict[Pair, int]] = {
    MANUAL: RoverMode.MANUAL, ACRO: RoverMode.ACRO, STABILIZED: RoverMode.STEERING, POSITION: RoverMode.STEERING,
    HOLD: RoverMode.GUIDED, MISSION: RoverMode.AUTO, RETURN: RoverMode.RTL, OFFBOARD: RoverMode.GUIDED,
    LAND: RoverMode.HOLD,
}  # fmt: skip
# the core's modes that are none of PX4's, as what they look like
_COPTER_SHOWN: Final[dict[int, Pair]] = {
    CopterMode.STABILIZE: STABILIZED, CopterMode.ACRO: ACRO, CopterMode.ALT_HOLD: ALTITUDE,
    CopterMode.LOITER: POSITION, CopterMode.POSHOLD: POSITION, CopterMode.GUIDED: HOLD, CopterMode.BRAKE: HOLD,
    CopterMode.CIRCLE: ORBIT, CopterMode.AUTO: MISSION, CopterMode.AUTO_RTL: MISSION, CopterMode.RTL: RETURN,
    CopterMode.SMART_RTL: RETURN, CopterMode.LAND: LAND,
}  # fmt: skip
_ROVER_SHOWN: Final[dict[int, Pair]] = {
    RoverMode.MANUAL: MANUAL, RoverMode.ACRO: ACRO, RoverMode.STEERING: POSITION, RoverMode.HOLD: HOLD,
    RoverMode.LOITER: HOLD, RoverMode.GUIDED: HOLD, RoverMode.AUTO: MISSION, RoverMode.RTL: RETURN,
    RoverMode.SMART_RTL: RETURN,
}  # fmt: skip
_S: Final = StandardMode
# as PX4 lists them (mavlink/streams/AVAILABLE_MODES.hpp)
_LISTED: Final[tuple[tuple[Pair, StandardMode, str], ...]] = (
    (POSITION, _S.POSITION_HOLD, "Position"), (ORBIT, _S.ORBIT, "Orbit"), (ALTITUDE, _S.ALTITUDE_HOLD, "Altitude"),
    (RETURN, _S.SAFE_RECOVERY, "Return"), (LAND, _S.LAND, "Land"), (TAKEOFF, _S.TAKEOFF, "Takeoff"),
    (MISSION, _S.MISSION, "Mission"), (HOLD, _S.NON_STANDARD, "Hold"), (OFFBOARD, _S.NON_STANDARD, "Offboard"),
    (ACRO, _S.NON_STANDARD, "Acro"), (STABILIZED, _S.NON_STANDARD, "Stabilized"),
    (FOLLOW, _S.NON_STANDARD, "Follow Target"), (PRECISION, _S.NON_STANDARD, "Precision Landing"),
    (MANUAL, _S.NON_STANDARD, "Manual"),
)  # fmt: skip


class ModeMap:
    """Between PX4's modes and the core's, of one kind of vehicle. `listed`: those that stations may choose."""

    def __init__(self, kind: VehicleClass) -> None:
        flies = kind.has_height
        self._flown = _COPTER if flies else _ROVER
        self._shown = _COPTER_SHOWN if flies else _ROVER_SHOWN
        hidden = MANUAL if flies else LAND  # understood, and not offered
        self.listed = tuple(
            ListedMode(main << 16 | sub << 24, name, standard)
            for (main, sub), standard, name in _LISTED if (main, sub) in self._flown and (main, sub) != hidden
        )  # fmt: skip
        self.standard: dict[StandardMode, int] = {
            one.standard: one.number for one in self.listed if one.standard is not _S.NON_STANDARD
        }
        self._standard_of = {one.number: one.standard for one in self.listed}
        self._names = {mode: name for mode, _, name in _LISTED}

    def core(self, mode: Pair) -> int | None:
        """The core's number of a PX4 mode; None: this kind does not have it."""
        return self._flown.get(mode)

    def shown(self, number: int) -> Pair:
        """PX4's mode of one of the core's."""
        return self._shown.get(number, HOLD)

    def standard_of(self, number: int) -> int:
        """MAV_STANDARD_MODE of a custom_mode."""
        return self._standard_of.get(number, _S.NON_STANDARD)

    def name(self, mode: Pair) -> str:
        return self._names.get(mode, f"{mode[0]}, {mode[1]}")
