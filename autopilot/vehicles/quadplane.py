"""The quadplane: a plane with four lift motors, for takeoff, landing and hover (ArduPlane with Q_ENABLE 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from autopilot.mav import VehicleType
from autopilot.parameters.tables import simulated_defaults, table
from autopilot.vehicles.mode_table import QUADPLANE_MODES, PlaneMode
from autopilot.vehicles.plane import PLANE
from autopilot.vehicles.vehicle_class import FailsafeAction, ParameterCheck, ParameterUnit, VehicleClass

_P = PlaneMode

_DOWN: Final = frozenset({_P.QLAND, _P.QRTL, _P.LOITER_ALT_QLAND})
_TYPES: Final = frozenset({
    VehicleType.VTOL_FIXEDROTOR, VehicleType.VTOL_DUOROTOR, VehicleType.VTOL_QUADROTOR, VehicleType.VTOL_TILTROTOR,
})  # fmt: skip

QUADPLANE: Final[VehicleClass] = replace(
    PLANE,
    name="quadplane",
    texts=replace(PLANE.texts, auto_disarmed=None),
    face=replace(PLANE.face, vehicle_type=VehicleType.VTOL_QUADROTOR, vehicle_types=_TYPES),
    modes=replace(
        PLANE.modes,
        specs=QUADPLANE_MODES,
        stop=_P.QLAND,
        land=_P.QLAND,
        landing=_DOWN,
        hovering=frozenset({_P.QSTABILIZE, _P.QHOVER, _P.QLOITER}),
        of_flights=frozenset({_P.AUTO, _P.GUIDED, _P.QLAND}),
        switches={number: mode for number, mode in PLANE.modes.switches.items() if mode in QUADPLANE_MODES}
        | {108: _P.QRTL, 170: _P.QSTABILIZE},
        standard={role: mode for role, mode in PLANE.modes.standard.items() if mode in QUADPLANE_MODES},
    ),
    failsafes=replace(
        PLANE.failsafes,
        modes={
            action: tuple(mode for mode in order if mode in QUADPLANE_MODES)
            for action, order in PLANE.failsafes.modes.items()
        }
        | {
            FailsafeAction.LAND: (_P.QLAND,),
            FailsafeAction.HOLD: (_P.QHOVER,),
            FailsafeAction.QRTL: (_P.QRTL, _P.QLAND),
            FailsafeAction.LOITER: (_P.LOITER_ALT_QLAND, _P.QLAND),
        },
        battery=dict(PLANE.failsafes.battery) | {4: FailsafeAction.LAND, 6: FailsafeAction.LOITER},
        lasting=replace(
            PLANE.failsafes.lasting,
            short=PLANE.failsafes.lasting.short | _DOWN,
            long=PLANE.failsafes.lasting.long | _DOWN,
        ),
    ),
    measures=replace(
        PLANE.measures,
        climb=(ParameterUnit("Q_WP_SPD_UP", 2.5),),
        descent=(ParameterUnit("Q_PILOT_SPD_DN", 0.0), ParameterUnit("Q_PILOT_SPD_UP", 2.5)),
    ),
    parameters=replace(
        PLANE.parameters,
        lines=PLANE.parameters.lines + table("quadplane", "quadplane"),
        defaults=simulated_defaults("quadplane"),
    ),
    lands_anywhere=True,
    checks=(*PLANE.checks, ParameterCheck("Q_ANGLE_MAX", "Check Q_ANGLE_MAX", least=1000.0, most=8000.0)),
    simulated_samples=(*PLANE.simulated_samples, "QTUN"),
    sih_model="sihsim_standard_vtol",
    hil_model="gazebo-classic_standard_vtol",
    model="quadplane",
)
