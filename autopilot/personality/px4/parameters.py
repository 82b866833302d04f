"""PX4's parameters of a simulated vehicle: its names and units for the core's parameters.

A row refers to a parameter of the core (its name, and its units per unit of PX4's) or, without one, is kept and shown
without effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from types import MappingProxyType
from typing import Final

from autopilot.parameters import ParameterValueError, SetOutcome
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameters import Parameters
from autopilot.personality.px4.parameter_table import (
    FASTEST,
    GIMBAL,
    KEPT_OFF,
    LAND_DELAY,
    ROWS,
    WING_ROWS,
    WINGS,
    Px4Param,
)
from autopilot.vehicles.mode_table import LiftOption

_GIMBAL_IS_THERE: Final = (4.0, 0.0)
"""Values of MNT_MODE_IN that mean a gimbal moved by MAVLink; the first is shown."""
_FITTED: Final = 6.0  # MNT1_TYPE


_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
# any station counts; losses are announced; thrust is thrust, and places are legs; a return circles down, then lands
# upright; no drag feed-forward, so it lags; circles are as wide as requested (DirectionalGuidance ignores air density);
# sticks steer in no automatic mode; lift motors do not help upset wings; there is no mode switch (RC_MAP_FLTMODE)
_PRESET: Final = {
    "SYSID_MYGCS": 0.0, "FS_GCS_ENABLE": 1.0, "FS_THR_ENABLE": 1.0, "GUID_OPTIONS": 72.0, "FENCE_ACTION": 0.0,
    "PLND_TYPE": 1.0, "LAND_DISARMDELAY": 1.0, "Q_RTL_MODE": 2.0, "RTL_AUTOLAND": 3.0,
    "Q_OPTIONS": float(LiftOption.TAKEOFF_BY_FRAME | LiftOption.LEANS_FREELY), "SIM_DRAG_FEED": 0.0,
    "NAVL1_LIM_BANK": 89.0, "STICK_MIXING": 0.0, "Q_ASSIST_ANGLE": 0.0, "FLTMODE_CH": 0.0, "MODE_CH": 0.0,
}  # fmt: skip
"""Values that give the core PX4's fixed behaviour, unless they were set."""
_CAPPED: Final = ("WPNAV_SPEED", "LOIT_SPEED")
"""Reduced permanently if above MPC_XY_VEL_MAX (MulticopterPositionControl.cpp, `parameters_update`)."""
_OBJECTS: Final = 2  # AVOID_ENABLE bit 1
_DERIVED_FROM: Final = frozenset(
    {
        "BAT1_CAPACITY", "BAT_LOW_THR", "BAT_CRIT_THR", "GF_ACTION", "GF_MAX_HOR_DIST", "GF_MAX_VER_DIST",
        "COM_WIND_MAX", "LTEST_MODE", "MPC_XY_CRUISE", "RTL_DESCEND_ALT", LAND_DELAY, FASTEST, KEPT_OFF,
    }
)  # fmt: skip


def equipment(stored: Mapping[str, float]) -> dict[str, float]:
    """Parameters of the core that count at power-on, from the `stored` PX4 parameters of an earlier run."""
    gimbal = stored.get(GIMBAL)
    return {} if gimbal is None else {"MNT1_TYPE": _FITTED if gimbal in _GIMBAL_IS_THERE else 0.0}


class Px4Parameters:
    """The parameters of `core` under PX4's names, and those that only PX4 has, for ground stations. `stored`: by PX4's
    names, from an earlier run; `given`: by a person for this run, under either name. ParameterValueError for an
    impossible value."""

    def __init__(self, core: Parameters, stored: Mapping[str, float], given: Mapping[str, float] = _NOTHING) -> None:
        self.listeners: list[Callable[[str, float], None]] = []
        self._core = core
        rows = _rows_of(core)
        self._rows = {row.name: row for row in rows}
        self._of_core = {row.core: row.name for row in rows if row.core}
        self._definitions = {row.name: _definition(row, core) for row in rows}
        self._own = {row.name: self._definitions[row.name].default for row in rows if not row.core}
        self._polygon = False
        for row in rows:  # PX4's own defaults, unless set
            if row.core and row.core not in given and core[row.core] == core.definition(row.core).default:
                core.set(row.core, self._definitions[row.name].default * row.factor)
        fitted = core["MNT1_TYPE"] == _FITTED
        for name, value in stored.items():
            if name in self._rows and self._rows[name].core not in given:
                self.set(name, value)
        for name, value in given.items():
            if name in self._rows and name not in core:
                outcome = self.set(name, value)
                if not outcome.accepted:
                    raise ParameterValueError(outcome.warning)
        if (self._own[GIMBAL] in _GIMBAL_IS_THERE) is not fitted:  # a setting at the start has priority
            self._own[GIMBAL] = _GIMBAL_IS_THERE[0] if fitted else -1.0
        if fitted and "MNT_MODE_OUT" not in stored:
            self._own["MNT_MODE_OUT"] = 2.0
        for name, value in _PRESET.items():
            if name in core and name not in given and core[name] == core.definition(name).default:
                core.set(name, value)
        self._derive()
        core.listeners.append(self._core_changed)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __getitem__(self, name: str) -> float:
        row = self._rows[name]
        return self._core[row.core] / row.factor if row.core else self._own[name]

    def names(self) -> Sequence[str]:
        """In the order of their indices."""
        return tuple(self._rows)

    def own_names(self) -> Sequence[str]:
        """Names that the core does not have."""
        return tuple(self._own)

    def definition(self, name: str) -> ParameterDef:
        return self._definitions[name]

    def target(self, name: str) -> str:
        """`name` itself, because PX4 has no aliases; KeyError if unknown."""
        return name

    def is_stored(self, name: str) -> bool:
        """True if the value of `name` holds beyond the next start."""
        row = self._rows[name]
        return not row.core or self._core.is_stored(row.core)

    def set(self, name: str, value: float) -> SetOutcome:
        """Set a parameter like `Parameters.set`, with the core's limits if it has the parameter."""
        row, before = self._rows[name], self[name]
        if not isfinite(value):
            return SetOutcome(before, False, False, f"{name} not set: value is not finite")
        if row.core:
            done = self._core.set(row.core, value * row.factor)
            if name in _DERIVED_FROM:
                self._derive()
            return SetOutcome(self[name], self[name] != before, done.accepted, done.warning)
        self._own[name] = self._definitions[name].fit(value)
        if name in _DERIVED_FROM:
            self._derive()
        if self._own[name] != before:
            self._notify(name)
        return SetOutcome(self._own[name], self._own[name] != before, True)

    def fence_uploaded(self, *, any_items: bool) -> None:
        """Enable or disable the fence after an upload; GF_ACTION 0 disables it."""
        self._polygon = any_items
        self._derive()

    def _derive(self) -> None:
        """Set the core's parameters that depend on several of PX4's."""
        own, core, capacity = self._own, self._core, self["BAT1_CAPACITY"]
        far, high = own["GF_MAX_HOR_DIST"], own["GF_MAX_VER_DIST"]
        derived = {
            "BATT_LOW_MAH": own["BAT_LOW_THR"] * capacity,
            "BATT_CRT_MAH": own["BAT_CRIT_THR"] * capacity,
            "FENCE_TYPE": 4 + 2 * (far > 0.0) + (high > 0.0),
            "FENCE_RADIUS": far or core["FENCE_RADIUS"],
            "FENCE_ALT_MAX": high or core["FENCE_ALT_MAX"],
            "FENCE_ENABLE": own["GF_ACTION"] > 0.0 and (self._polygon or far > 0.0 or high > 0.0),
            "SRT_WIND_MAX": max(own["COM_WIND_MAX"], 0.0),
        }
        if "LTEST_MODE" in own:
            derived["PLND_OPTIONS"] = (int(core["PLND_OPTIONS"]) & ~1) | (own["LTEST_MODE"] == 0.0)
        if LAND_DELAY in own:
            derived["RTL_LOIT_TIME"] = 1000.0 * max(own[LAND_DELAY], 0.0)
            derived["RTL_ALT_FINAL"] = 100.0 * self["RTL_DESCEND_ALT"] if own[LAND_DELAY] < 0.0 else 0.0
        if KEPT_OFF in own:
            derived["AVOID_ENABLE"] = (int(core["AVOID_ENABLE"]) & ~_OBJECTS) | (_OBJECTS if own[KEPT_OFF] > 0.0 else 0)
            derived["AVOID_MARGIN"] = own[KEPT_OFF] if own[KEPT_OFF] > 0.0 else core["AVOID_MARGIN"]
        if FASTEST in own:
            derived |= {name: min(core[name], 100.0 * own[FASTEST]) for name in _CAPPED}
        for name, value in derived.items():
            if name in core and core[name] != float(value):
                core.set(name, float(value))

    def _core_changed(self, name: str, value: float) -> None:
        del value
        if name in self._of_core:
            self._notify(self._of_core[name])

    def _notify(self, name: str) -> None:
        for listener in self.listeners:
            listener(name, self[name])


def _rows_of(core: Parameters) -> list[Px4Param]:
    """Rows of this kind of vehicle, one for each name; those of wings are sorted by name, as in PX4."""
    listed = sorted((*ROWS, *WING_ROWS), key=lambda row: row.name) if WINGS in core else ROWS
    rows = {row.name: row for row in listed if all(name in core for name in (row.core, row.only) if name)}
    return list(rows.values())


def _definition(row: Px4Param, core: Parameters) -> ParameterDef:
    default = core.definition(row.core).default / row.factor if row.default is None else row.default
    return replace(row.definition, default=default)
