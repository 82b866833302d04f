"""A second plane for tests of the body.

`AEROSONDE` is Beard and McLain, Small Unmanned Aircraft, appendix E, in the form of their published simulator (2020).
Its surfaces count in rad, at most 20 degrees, and with opposite signs. Its thrust is that of its propeller at full
voltage, standing (84 N) and at 25 m/s (37 N).
"""

from __future__ import annotations

from typing import Final

from sitl.vehicles.aerodynamics import Airframe

_FULL: Final = 0.3491  # rad of a full deflection

AEROSONDE: Final = Airframe(
    mass=11.0,
    inertia=(0.8244, 1.135, 1.759, 0.1204),
    area=0.55,
    span=2.8956,
    chord=0.18994,
    lift=(0.23, 5.61, 7.95, -0.13 * _FULL),
    drag=(0.043, 0.0, 0.0135 * _FULL),
    oswald=0.9,
    stall=0.47,
    sharpness=50.0,
    side=(-0.98, 0.0, 0.0, 0.075 * _FULL, -0.19 * _FULL),
    roll=(-0.13, -0.51, 0.25, 0.17 * _FULL, -0.0024 * _FULL),
    nose=(0.0135, -2.74, -38.21, 0.99 * _FULL),
    yaw=(0.073, -0.069, -0.095, -0.011 * _FULL, 0.069 * _FULL),
    acts=(0.0, 0.0),
    thrust=(0.0, 84.3, 0.0757),
    amps=(0.0, 50.0),
    lets_go=0.0,
    roll_gains=(0.6, 0.3, 0.25),
    pitch_gains=(0.6, 0.3, 0.2),
)
