"""Where the simulated rover is in the kernel's rows, behind all that it shares with the copter (`layout`)."""

from __future__ import annotations

from typing import Final

from autopilot.control.rover_layout import ROVER_PLANT, ROVER_PLANT_SETTINGS

_S: Final = ROVER_PLANT
# truth: forward and sideways speed (body), yaw rate, heading, wheel angle, pull of the motor N, its current
U, V, R, COS, SIN, WHEEL_TRUE, PULL, MOTOR_A = range(_S, _S + 8)
STATE_SIZE: Final = _S + 12

_P: Final = ROVER_PLANT_SETTINGS
MASS, INERTIA, FRONT, REAR = range(_P, _P + 4)  # kg, kg m2, axles before and behind the centre of mass m
GRIP, STIFF_F, STIFF_R = range(_P + 4, _P + 7)  # friction; cornering stiffness per load and friction, 1/rad
STALL, FREE, MOTOR_LAG, AMPS_PER_N = range(_P + 7, _P + 11)  # N; m/s at FULL_V; share in a step; A/N
ROLLING, DRAG, SIDE_DRAG = range(_P + 11, _P + 14)  # share of weight; N s2/m2 along and across
SERVO_RATE = _P + 14  # rad/s
SETTINGS_SIZE: Final = _P + 20
