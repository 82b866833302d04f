"""PX4's modes of a multicopter, as a simulated one flies and shows them (px4_custom_mode.h, version 1.16).

Hold, Takeoff, Offboard, Orbit and Follow Target are the core's GUIDED, Precision Landing is its LAND; what they are
told apart by is the face's.
"""

from __future__ import annotations

from typing import Final

from autopilot.mav import ModeProperty, StandardMode
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
_S, _P = StandardMode, ModeProperty
_POSITION_SLOW, _TERMINATION, _VTOL_TAKEOFF = (3, 2), (10, 0), (4, 10)
_EXTERNAL: Final = tuple((AUTO, sub) for sub in range(11, 19))
# as PX4 lists them, for every kind of vehicle (mavlink/streams/AVAILABLE_MODES.hpp, lib/modes): by its nav_state
_LISTED: Final[tuple[tuple[Pair, str], ...]] = (
    (MANUAL, "Manual"), (ALTITUDE, "Altitude"), (POSITION, "Position"), (MISSION, "Mission"), (HOLD, "Hold"),
    (RETURN, "Return"), (_POSITION_SLOW, "Position Slow"), (ACRO, "Acro"), (_TERMINATION, "Termination"),
    (OFFBOARD, "Offboard"), (STABILIZED, "Stabilized"), (TAKEOFF, "Takeoff"), (LAND, "Land"),
    (FOLLOW, "Follow Target"), (PRECISION, "Precision Landing"), (ORBIT, "Orbit"), (_VTOL_TAKEOFF, "VTOL Takeoff"),
    *((mode, "(Mode not available)") for mode in _EXTERNAL),
)  # fmt: skip
_STANDARD: Final[dict[Pair, StandardMode]] = {
    RETURN: _S.SAFE_RECOVERY, MISSION: _S.MISSION, LAND: _S.LAND, TAKEOFF: _S.TAKEOFF,
}  # fmt: skip
_STANDARD_IN_THE_AIR: Final[dict[Pair, StandardMode]] = {
    ALTITUDE: _S.ALTITUDE_HOLD, POSITION: _S.POSITION_HOLD, ORBIT: _S.ORBIT,
}  # fmt: skip
_FOR_BEGINNERS: Final = {ALTITUDE, POSITION, *_EXTERNAL}
"""All others PX4 calls advanced."""


class ModeMap:
    """Between PX4's modes and the core's, of one kind of vehicle. `listed`: all of PX4's, those that are not flown here
    as NOT_USER_SELECTABLE."""

    def __init__(self, kind: VehicleClass) -> None:
        flies = kind.has_height
        self._flown = _COPTER if flies else _ROVER
        self._shown = _COPTER_SHOWN if flies else _ROVER_SHOWN
        hidden = MANUAL if flies else LAND  # understood, and not offered
        standard = _STANDARD | _STANDARD_IN_THE_AIR if flies else _STANDARD

        def properties(mode: Pair) -> int:
            chosen = mode in self._flown and mode != hidden
            return (0 if mode in _FOR_BEGINNERS else _P.ADVANCED) | (0 if chosen else _P.NOT_USER_SELECTABLE)

        self.listed = tuple(
            ListedMode(mode[0] << 16 | mode[1] << 24, name, standard.get(mode, _S.NON_STANDARD), properties(mode))
            for mode, name in _LISTED
        )
        self.standard: dict[StandardMode, int] = {
            one.standard: one.number
            for one in self.listed if one.selectable and one.standard is not _S.NON_STANDARD
        }  # fmt: skip
        self._standard_of = {one.number: one.standard for one in self.listed}
        self._names = dict(_LISTED)

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
