"""Where the simulated machine is in the kernel's rows (see `autopilot.control.layout` for the rest)."""

from __future__ import annotations

from typing import Final

from autopilot.control.layout import PLANT, PLANT_SETTINGS

_S: Final = PLANT
# truth: attitude, rates, velocity, position, rotors (share of full speed)
Q0, Q1, Q2, Q3, WX, WY, WZ = range(_S, _S + 7)
VN, VE, VD, PN, PE, PD = range(_S + 7, _S + 13)
M1, M2, M3, M4 = range(_S + 13, _S + 17)
C1, C2, C3, C4 = range(_S + 17, _S + 21)  # rotor commands
WIND_N, WIND_E, WIND_D = range(_S + 21, _S + 24)  # air, mean and gusts
GUST_N, GUST_E, GUST_D = range(_S + 24, _S + 27)
FX, FY, FZ = range(_S + 27, _S + 30)  # specific force of the last step, body
CONTACT, TOUCHDOWN, TORQUE_AGE = range(_S + 30, _S + 33)
SOC, AMPS, VOLTS, REST_VOLTS, MAH, WH = range(_S + 33, _S + 39)
GPS_N, GPS_E, GPS_D, GPS_VN, GPS_VE, GPS_VD, GPS_MS, GPS_FIX = range(_S + 39, _S + 47)
GPS_WN, GPS_WE, GPS_WD = range(_S + 47, _S + 50)  # slow wander of the fix
BARO_DRIFT, BARO_ALT = range(_S + 50, _S + 52)
MAG_X, MAG_Y, MAG_Z = range(_S + 52, _S + 55)
GYRO_X, GYRO_Y, GYRO_Z, ACC_X, ACC_Y, ACC_Z = range(_S + 55, _S + 61)  # raw samples, bias and noise in
VIBE_X, VIBE_Y, VIBE_Z = range(_S + 61, _S + 64)
GBX, GBY, GBZ, ABX, ABY, ABZ = range(_S + 64, _S + 70)  # true biases
GPS_NEXT, MAG_NEXT = range(_S + 70, _S + 72)  # vehicle time of the next sample, ms
STATE_SIZE: Final = _S + 80

_P: Final = PLANT_SETTINGS
MASS, INV_IX, INV_IY, INV_IZ, GYRO_XX, GYRO_YY, GYRO_ZZ = range(_P, _P + 7)  # GYRO_xx: Euler coupling
FULL, ARM_X, ARM_Y, YAW_ARM, LAG, ROTOR_DRAG, BODY_DRAG = range(_P + 7, _P + 14)
SPIN_ARM, SPIN_MIN = range(_P + 14, _P + 16)
STIFF, DAMP, FRICTION, LEG = range(_P + 16, _P + 20)
MEAN_N, MEAN_E, GUST, GUST_KEEP, GUST_KICK = range(_P + 20, _P + 25)
OHMS, BATTERY_AH, CELLS, OFFSET_V, HOTEL_A, POWER, FULL_V = range(_P + 25, _P + 32)
STEPS, DT = range(_P + 32, _P + 34)
GYRO_NOISE, ACC_NOISE, BARO_NOISE, GPS_NOISE, GPS_WANDER, GPS_V_NOISE, MAG_NOISE = range(_P + 34, _P + 41)
FIELD_N, FIELD_E, FIELD_D = range(_P + 41, _P + 44)  # gauss
LOSS_1, LOSS_2, LOSS_3, LOSS_4 = range(_P + 44, _P + 48)  # share of thrust left, 1 = healthy
GPS_ON, BARO_ON, MAG_ON, IMU_ON, FREEZE = range(_P + 48, _P + 53)
GLITCH_N, GLITCH_E, GLITCH_D, GUST_PUSH, FAULT_V, GPS_SATS, BARO_GLITCH = range(_P + 53, _P + 60)
SERVO_5, SERVO_6, SERVO_7, SERVO_8 = range(_P + 60, _P + 64)
SETTINGS_SIZE: Final = _P + 72
