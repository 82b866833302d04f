"""A kind of vehicle that nobody simulates: wings without lift motors. It flies, and neither hovers nor lands where it
is. Made of the copter's tables, so that whatever takes it for a copter finds all that it looks for."""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum
from types import MappingProxyType

import pytest

from autopilot.mav import VehicleType
from autopilot.vehicles import kinds
from autopilot.vehicles.copter import COPTER
from autopilot.vehicles.mode_table import ModeKind, ModeSpec
from autopilot.vehicles.vehicle_class import FailsafeAction, FailsafeTables, Modes


class GliderMode(IntEnum):
    """ArduPlane's numbers."""

    STABILIZE = 2
    CIRCLE = 1
    AUTO = 10
    RTL = 11
    LOITER = 12
    GUIDED = 15


_G, _F = GliderMode, ModeKind
_SPECS = (
    ModeSpec(_G.STABILIZE, "STABILIZE", arming=True, pilot=True, manual_throttle=True, flown=_F.STABILIZE),
    ModeSpec(_G.CIRCLE, "CIRCLE", position=True, autopilot=True, flown=_F.CIRCLE_FLYING),
    ModeSpec(_G.AUTO, "AUTO", position=True, arming=True, autopilot=True, flown=_F.MISSION),
    ModeSpec(_G.RTL, "RTL", position=True, autopilot=True, flown=_F.RETURN),
    ModeSpec(_G.LOITER, "LOITER", position=True, arming=True, autopilot=True, flown=_F.STOP),
    ModeSpec(_G.GUIDED, "GUIDED", position=True, arming=True, autopilot=True, flown=_F.TARGETS),
)
_ACTIONS = {1: FailsafeAction.RTL, 2: FailsafeAction.LOITER}
GLIDER = replace(
    COPTER,
    name="glider",
    face=replace(
        COPTER.face, vehicle_type=VehicleType.FIXED_WING, vehicle_types=frozenset({VehicleType.FIXED_WING})
    ),
    modes=Modes(
        known=GliderMode, specs={spec.number: spec for spec in _SPECS}, initial=_G.STABILIZE, auto=_G.AUTO,
        guided=_G.GUIDED, rtl=_G.RTL, stop=_G.LOITER, loiter=_G.LOITER, switches={}, of_flights=frozenset({_G.AUTO}),
    ),
    failsafes=FailsafeTables(
        modes={FailsafeAction.RTL: (_G.RTL, _G.LOITER), FailsafeAction.LOITER: (_G.LOITER,)},
        battery=_ACTIONS, ground_station=_ACTIONS, radio=_ACTIONS, fence=_ACTIONS, far_outside=FailsafeAction.LOITER,
        radio_otherwise=FailsafeAction.RTL,
    ),
    hovers=False,
    lands_anywhere=False,
    turns_nose=False,
    sih_model="",
)  # fmt: skip


def add_glider(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it a kind among the others, for one test."""
    monkeypatch.setattr(kinds, "KINDS", MappingProxyType({**kinds.KINDS, "glider": GLIDER}))
