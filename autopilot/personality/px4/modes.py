"""PX4's modes as simulated vehicles fly and show them (px4_custom_mode.h, version 1.16).

Hold, Takeoff, Offboard, Orbit and Follow Target are the core's GUIDED, Precision Landing is its LAND; `Px4Flight`
stores which was requested. A standard VTOL flies a mode on wings or upright, depending on its last transition.
"""

from __future__ import annotations

from typing import Final

from autopilot.context.vehicle_context import Helm
from autopilot.mav import ModeFlag, StandardMode
from autopilot.modes.manager import ModeChoice
from autopilot.vehicles.mode_table import CopterMode, ModeSpec, PlaneMode, RoverMode
from autopilot.vehicles.vehicle_class import VehicleClass

Pair = tuple[int, int]
"""Main and sub mode."""
MANUAL, ALTITUDE, POSITION, ORBIT, ACRO, OFFBOARD, STABILIZED = (1, 0), (2, 0), (3, 0), (3, 1), (5, 0), (6, 0), (7, 0)
TAKEOFF, HOLD, MISSION, RETURN, LAND, FOLLOW, PRECISION = (4, 2), (4, 3), (4, 4), (4, 5), (4, 6), (4, 8), (4, 9)
VTOL_TAKEOFF: Final = (4, 10)
AUTO: Final = 4
"""Main mode of PX4's automatic modes."""
GUIDED: Final = frozenset((TAKEOFF, VTOL_TAKEOFF, HOLD, OFFBOARD, ORBIT, FOLLOW))

# PX4's mode to the core's
COPTER: Final[dict[Pair, int]] = {
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
_P = PlaneMode
WINGS: Final[dict[Pair, int]] = {
    MANUAL: _P.MANUAL, STABILIZED: _P.FBWA, ACRO: _P.ACRO, ALTITUDE: _P.FBWB, POSITION: _P.CRUISE, TAKEOFF: _P.GUIDED,
    HOLD: _P.GUIDED, MISSION: _P.AUTO, RETURN: _P.RTL, LAND: _P.AUTOLAND, OFFBOARD: _P.GUIDED,
}  # fmt: skip
VTOL: Final[dict[Pair, int]] = WINGS | {LAND: _P.QLAND, VTOL_TAKEOFF: _P.GUIDED}
_UPRIGHT: Final[dict[Pair, int]] = {mode: number for mode, number in VTOL.items() if mode != ACRO} | {
    MANUAL: _P.QSTABILIZE, STABILIZED: _P.QSTABILIZE, ALTITUDE: _P.QHOVER, POSITION: _P.QLOITER, RETURN: _P.QRTL,
    ORBIT: _P.GUIDED,
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
_WINGS_SHOWN: Final[dict[int, Pair]] = {
    _P.MANUAL: MANUAL, _P.CIRCLE: LAND, _P.STABILIZE: STABILIZED, _P.ACRO: ACRO, _P.FBWA: STABILIZED, _P.FBWB: ALTITUDE,
    _P.CRUISE: POSITION, _P.AUTO: MISSION, _P.RTL: RETURN, _P.LOITER: HOLD, _P.TAKEOFF: TAKEOFF, _P.GUIDED: HOLD,
    _P.AUTOLAND: LAND, _P.QSTABILIZE: STABILIZED, _P.QHOVER: ALTITUDE, _P.QLOITER: POSITION, _P.QLAND: LAND,
    _P.QRTL: RETURN, _P.LOITER_ALT_QLAND: RETURN,
}  # fmt: skip
NOT_ARMED_IN: Final = frozenset((RETURN, LAND, FOLLOW, PRECISION, ORBIT))
"""Modes that do not allow arming, and in which it does not stay after a flight (`mode_req_prevent_arming`)."""
# plain ints, because they are read at every heartbeat
_BY_HAND, _LEVEL = int(ModeFlag.MANUAL_INPUT_ENABLED), int(ModeFlag.STABILIZE_ENABLED)
_BY_ITSELF: Final = _LEVEL | int(ModeFlag.AUTO_ENABLED) | int(ModeFlag.GUIDED_ENABLED)
_FLAGS: Final[dict[Pair, int]] = {
    MANUAL: _BY_HAND, ACRO: _BY_HAND, STABILIZED: _BY_HAND | _LEVEL, ALTITUDE: _BY_HAND | _LEVEL,
    POSITION: _BY_HAND | _LEVEL, OFFBOARD: _LEVEL, ORBIT: _LEVEL, FOLLOW: _LEVEL,
}  # fmt: skip
POSITION_SLOW, _TERMINATION = (3, 2), (10, 0)
EXTERNAL: Final = tuple((AUTO, sub) for sub in range(11, 19))
"""Modes of packages, in the order of their addition."""
_FREE: Final = "(Mode not available)"
# as PX4 lists them, for every kind of vehicle (mavlink/streams/AVAILABLE_MODES.hpp, lib/modes): by its nav_state
LISTED: Final[tuple[tuple[Pair, str], ...]] = (
    (MANUAL, "Manual"), (ALTITUDE, "Altitude"), (POSITION, "Position"), (MISSION, "Mission"), (HOLD, "Hold"),
    (RETURN, "Return"), (POSITION_SLOW, "Position Slow"), (ACRO, "Acro"), (_TERMINATION, "Termination"),
    (OFFBOARD, "Offboard"), (STABILIZED, "Stabilized"), (TAKEOFF, "Takeoff"), (LAND, "Land"),
    (FOLLOW, "Follow Target"), (PRECISION, "Precision Landing"), (ORBIT, "Orbit"), (VTOL_TAKEOFF, "VTOL Takeoff"),
    *((mode, _FREE) for mode in EXTERNAL),
)  # fmt: skip
_NAV_STATES: Final = (0, 1, 2, 3, 4, 5, 6, 10, 13, 14, 15, 17, 18, 19, 20, 21, 22)
BY_NAV_STATE: Final[dict[int, tuple[Pair, str]]] = dict(zip(_NAV_STATES, LISTED, strict=False))
"""Modes by vehicle_status.nav_state, as in logs."""
NAMES: Final = dict(LISTED)
_S = StandardMode
_STANDARD: Final[dict[Pair, StandardMode]] = {
    RETURN: _S.SAFE_RECOVERY, MISSION: _S.MISSION, LAND: _S.LAND, TAKEOFF: _S.TAKEOFF,
}  # fmt: skip
_STANDARD_FLYING: Final[dict[Pair, StandardMode]] = {ALTITUDE: _S.ALTITUDE_HOLD, ORBIT: _S.ORBIT}


def fits(mode: Pair) -> bool:
    """True if custom_mode can contain it: a byte each for main and sub mode."""
    return all(0 <= number <= 0xFF for number in mode)


def custom_of(mode: Pair) -> int:
    return mode[0] << 16 | mode[1] << 24


def pair_of(custom_mode: int) -> Pair:
    """Inverse of `custom_of`."""
    return custom_mode >> 16 & 0xFF, custom_mode >> 24 & 0xFF


def flown(kind: VehicleClass) -> dict[Pair, int]:
    """Core modes of a kind of vehicle by PX4's, on wings if it has wings."""
    wings = VTOL if kind.lands_anywhere else WINGS
    return COPTER if kind.hovers else wings if kind.has_stall_speed else _ROVER


def shown(kind: VehicleClass) -> dict[int, Pair]:
    """PX4's modes by the core modes of a kind of vehicle."""
    return _COPTER_SHOWN if kind.hovers else _WINGS_SHOWN if kind.has_stall_speed else _ROVER_SHOWN


class ModeMap:
    """Map between PX4's modes and the core's, for a kind of vehicle. Modes of packages are PX4's external modes."""

    def __init__(self, kind: VehicleClass, modes: ModeChoice, stance: Helm) -> None:
        wings, lifts = kind.has_stall_speed, kind.has_stall_speed and kind.lands_anywhere
        self._flown = flown(kind)
        self._upright = _UPRIGHT if lifts else self._flown
        self._shown = shown(kind)
        position = {} if lifts else {POSITION: _S.CRUISE if wings else _S.POSITION_HOLD}
        self._standards = _STANDARD | _STANDARD_FLYING | position if kind.flies else _STANDARD
        self._stance = stance
        self.changes_over = lifts
        self.descent = self._flown[LAND] if kind.lands_anywhere or not wings else int(_P.CIRCLE)
        """Core mode that descends without a position, or waits for one."""
        self._own = kind.modes
        self._modes = modes

    def _external(self) -> dict[Pair, ModeSpec]:
        """Modes of packages."""
        specs = (self._modes.find(name) for name in self._modes.names())
        others = [spec for spec in specs if spec is not None and self._own.name_of(spec.number) is None]
        return dict(zip(EXTERNAL, others, strict=False))

    def core(self, mode: Pair) -> int | None:
        """Core mode of a PX4 mode; None if this kind does not have it."""
        number = (self._upright if self._stance.upright else self._flown).get(mode)
        added = self._external().get(mode) if number is None and mode in EXTERNAL else None
        return number if added is None else added.number

    def shown(self, number: int) -> Pair:
        """PX4 mode of a core mode."""
        pair = self._shown.get(number)
        if pair is not None:
            return pair
        return next((mode for mode, spec in self._external().items() if spec.number == number), HOLD)

    def name(self, mode: Pair) -> str:
        """Name of a mode for people."""
        added = self._external().get(mode) if mode in EXTERNAL else None
        return NAMES.get(mode, f"{mode[0]}, {mode[1]}") if added is None else added.name.replace("_", " ")

    def flags_of(self, mode: Pair) -> int:
        """MAV_MODE_FLAG bits of a mode (streams/HEARTBEAT.hpp; commander/ModeUtil/control_mode.cpp): what hovers is
        stabilized in Manual too."""
        by_hand = mode == MANUAL and self.core(mode) == self.core(STABILIZED)
        return _FLAGS.get(STABILIZED if by_hand else mode, _BY_ITSELF)

    def standard_of(self, mode: Pair) -> StandardMode:
        """Standard mode under which it is listed."""
        return self._standards.get(mode, StandardMode.NON_STANDARD)
