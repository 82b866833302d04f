"""Where a rover's own quantities are in the kernel's rows.

A rover shares the estimator, the watches and the report with the copter, so its rows begin exactly like a copter's
(`autopilot.control.layout`, `sitl.kernel.layout`) and are only longer: what is here lies behind all that is there.
Units as there: SI, radians. "Course" is the direction of motion: the heading, or its opposite when driving backwards.
"""

from __future__ import annotations

from typing import Final

from autopilot.control import layout as L

_S: Final = 320
# control: driving direction (1, -1), forward speed and course by estimate, speed and turn rate now demanded
WAY, SPEED, COURSE, SPEED_REF, RATE_REF = range(_S, _S + 5)
SPEED_SUM, STEER_SUM = range(_S + 5, _S + 7)  # integrators: throttle, rad
THROTTLE, WHEEL = range(_S + 7, _S + 9)  # outputs: -1 .. 1, wheel angle rad (right positive)
COURSE_ERROR, HALF_TURN, DRIVING, STUCK_S, STUCK_SENT = range(_S + 9, _S + 14)  # HALF_TURN: of the corner at the end
CORNER_R, TURN_LEFT = range(_S + 14, _S + 16)  # radius of the turn at the end of the leg, m; course off the line, rad
ROVER_PLANT: Final = _S + 20

_P: Final = 200
ACCEL, DECEL, TURN_RADIUS, TURN_ACCEL, RATE_MAX, RATE_ACCEL = range(_P, _P + 6)
KP_COURSE, KP_RATE, KI_RATE, KP_SPEED, KI_SPEED = range(_P + 6, _P + 11)
WHEELBASE, WHEEL_MAX, TOP_SPEED, FULL_ACCEL = range(_P + 11, _P + 15)  # what the controller knows of the vehicle
STICK_SPEED, STICK_RATE, STOP_SPEED, THROTTLE_MAX, BRAKING = range(_P + 15, _P + 20)
ROVER_PLANT_SETTINGS: Final = _P + 30

_T: Final = L.TARGET_SIZE
T_WAY, T_SPEED, T_HEADING, T_TURN_RATE, T_BY_RATE = range(_T, _T + 5)
TARGET_SIZE: Final = _T + 8

#: A kind of target that only a rover has.
DRIVE: Final = 16
