"""PX4's parameters of wings, and of wings with lift motors (a standard VTOL).

Speeds, limits and gains are the airframe's own, as an airframe file sets them: they begin with what the core has.
Names and other defaults: PX4 1.16, parameter reference; geometry and outputs as airframes/10041_sihsim_airplane and
10043_sihsim_standard_vtol name them, in the order of this airframe's outputs.
"""

from __future__ import annotations

from typing import Final

from autopilot.personality.px4.parameter_table import INT, REAL, Px4Param

RETURN_TYPE: Final = "RTL_TYPE"
WINGS: Final = "AIRSPEED_CRUISE"
_VTOL: Final = "Q_ENABLE"
_FRAMES: Final = {0: "Multirotor", 1: "Fixed Wing", 2: "Standard VTOL", 6: "Rover (Differential)"}
_SURFACES: Final = {0: "(Not set)", 3: "Elevator", 4: "Rudder", 15: "Single Channel Aileron"}
_DRIVEN: Final = {
    0: "Disabled", **{100 + n: f"Motor {n}" for n in range(1, 6)}, **{200 + n: f"Servo {n}" for n in range(1, 4)},
}  # fmt: skip
_OUTPUTS: Final = (201, 202, 101, 203)  # aileron, elevator, propeller, rudder
_VTOL_OUTPUTS: Final = (201, 202, 105, 203, 101, 102, 103, 104)
_ARM_M: Final = 0.2  # of the lift motors, forward and to the side


def _of_outputs(functions: tuple[int, ...], only: str) -> tuple[Px4Param, ...]:
    """Parameters of what each output drives; a change has no effect."""
    return tuple(
        Px4Param(f"PWM_MAIN_FUNC{n}", INT, function, description=f"Function of output {n}", values=_DRIVEN, only=only)
        for n, function in enumerate(functions, 1)
    )


def _rotors() -> tuple[Px4Param, ...]:
    """Parameters of lift motors and pusher: turning moment per thrust, place; a change has no effect."""
    found = []
    for n, (forward, right) in enumerate(((1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (-1.5, 0.0))):
        moment = 0.05 if n in (0, 1, 4) else -0.05
        for axis, what, value in (
            ("KM", "Moment", moment),
            ("PX", "Position forward", _ARM_M * forward),
            ("PY", "Position to the right", _ARM_M * right),
            ("PZ", "Position down", 0.0),
        ):
            found.append(Px4Param(f"CA_ROTOR{n}_{axis}", REAL, value, description=f"{what} of rotor {n}", only=_VTOL))
    return tuple(found)


WING_ROWS: Final[tuple[Px4Param, ...]] = (
    Px4Param("CA_AIRFRAME", INT, 1, description="Geometry", only=WINGS, values=_FRAMES),
    Px4Param("CA_AIRFRAME", INT, 2, description="Geometry", only=_VTOL, values=_FRAMES),
    Px4Param("CA_ROTOR_COUNT", INT, 1, description="Number of rotors", only=WINGS),
    Px4Param("CA_ROTOR_COUNT", INT, 5, description="Number of rotors", only=_VTOL),
    *_rotors(),
    Px4Param("CA_SV_CS_COUNT", INT, 3, description="Number of control surfaces", only=WINGS),
    *(
        Px4Param(f"CA_SV_CS{n}_TYPE", INT, kind, description=f"Surface {n}", only=WINGS, values=_SURFACES)
        for n, kind in enumerate((15, 3, 4))
    ),
    Px4Param("COM_OF_LOSS_T", REAL, 1.0, "", 1.0, "s", "How long setpoints may stay away in Offboard", only=WINGS),
    Px4Param("COM_QC_ACT", INT, 0, "", 1.0, "", "After a failed transition: -1 warn, 0 return, 1 land, 2 hold", _VTOL),
    Px4Param("FW_AIRSPD_MAX", REAL, None, "AIRSPEED_MAX", 1.0, "m/s", "Highest airspeed that is demanded"),
    Px4Param("FW_AIRSPD_MIN", REAL, None, "AIRSPEED_MIN", 1.0, "m/s", "Lowest airspeed that is demanded"),
    Px4Param("FW_AIRSPD_TRIM", REAL, None, "AIRSPEED_CRUISE", 1.0, "m/s", "Airspeed of modes that fly by themselves"),
    Px4Param("FW_LND_AIRSPD", REAL, None, "TECS_LAND_ARSPD", 1.0, "m/s", "Airspeed of the approach; -1 by itself"),
    Px4Param("FW_LND_FLALT", REAL, None, "LAND_FLARE_ALT", 1.0, "m", "The flare begins at this height"),
    Px4Param("FW_LND_FL_PMIN", REAL, None, "LAND_PITCH_DEG", 1.0, "deg", "Lowest pitch of the flare"),
    Px4Param("FW_LND_FL_SINK", REAL, 0.25, "TECS_LAND_SINK", 1.0, "m/s", "Sink rate when touching down"),
    Px4Param("FW_LND_FL_TIME", REAL, None, "LAND_FLARE_SEC", 1.0, "s", "The flare begins so long before touching down"),
    Px4Param("FW_P_LIM_MAX", REAL, None, "PTCH_LIM_MAX_DEG", 1.0, "deg", "Highest pitch"),
    Px4Param("FW_P_LIM_MIN", REAL, None, "PTCH_LIM_MIN_DEG", 1.0, "deg", "Lowest pitch"),
    Px4Param("FW_P_RMAX_NEG", REAL, None, "PTCH2SRV_RMAX_DN", 1.0, "deg/s", "Highest rate of lowering the nose"),
    Px4Param("FW_P_RMAX_POS", REAL, None, "PTCH2SRV_RMAX_UP", 1.0, "deg/s", "Highest rate of raising the nose"),
    Px4Param("FW_P_TC", REAL, None, "PTCH2SRV_TCONST", 1.0, "s", "Time constant of the pitch"),
    Px4Param("FW_R_LIM", REAL, None, "ROLL_LIMIT_DEG", 1.0, "deg", "Largest bank"),
    Px4Param("FW_R_RMAX", REAL, None, "RLL2SRV_RMAX", 1.0, "deg/s", "Highest roll rate"),
    Px4Param("FW_R_TC", REAL, None, "RLL2SRV_TCONST", 1.0, "s", "Time constant of the bank"),
    Px4Param("FW_THR_MAX", REAL, None, "THR_MAX", 100.0, "", "Highest throttle"),
    Px4Param("FW_THR_MIN", REAL, None, "THR_MIN", 100.0, "", "Lowest throttle"),
    Px4Param("FW_THR_TRIM", REAL, None, "TRIM_THROTTLE", 100.0, "", "Throttle of level flight at FW_AIRSPD_TRIM"),
    Px4Param("FW_TKO_PITCH_MIN", REAL, 10.0, "TKOFF_LVL_PITCH", 1.0, "deg", "Lowest pitch of a takeoff's climb"),
    Px4Param("FW_T_CLMB_MAX", REAL, None, "TECS_CLMB_MAX", 1.0, "m/s", "Climb rate at full throttle"),
    Px4Param("FW_T_PTCH_DAMP", REAL, None, "TECS_PTCH_DAMP", 1.0, "", "Damping of the pitch"),
    Px4Param("FW_T_RLL2THR", REAL, None, "TECS_RLL2THR", 1.0, "", "Throttle for the drag of a bank"),
    Px4Param("FW_T_SINK_MAX", REAL, None, "TECS_SINK_MAX", 1.0, "m/s", "Highest sink rate"),
    Px4Param("FW_T_SINK_MIN", REAL, None, "TECS_SINK_MIN", 1.0, "m/s", "Sink rate at the lowest throttle"),
    Px4Param("FW_T_SPDWEIGHT", REAL, 1.0, "TECS_SPDWEIGHT", 1.0, "", "Pitch holds height (0), airspeed (2), or both"),
    Px4Param("FW_T_VERT_ACC", REAL, 7.0, "TECS_VERT_ACC", 1.0, "m/s/s", "Highest vertical acceleration"),
    Px4Param("FW_USE_AIRSPD", INT, 1, "ARSPD_USE", 1.0, "", "The pitot tube's airspeed is flown by"),
    Px4Param("MIS_TAKEOFF_ALT", REAL, 30.0, "", 1.0, "m", "Height of a takeoff that names none", only=WINGS),
    Px4Param("MIS_TAKEOFF_ALT", REAL, 20.0, "", 1.0, "m", "Height of a takeoff that names none", only=_VTOL),
    Px4Param("MPC_LAND_SPEED", REAL, 0.7, "Q_LAND_FINAL_SPD", 1.0, "m/s", "Speed of the last part of a landing"),
    Px4Param("MPC_XY_CRUISE", REAL, 5.0, "Q_WP_SPD", 1.0, "m/s", "Speed on lift motors"),
    Px4Param("MPC_Z_V_AUTO_DN", REAL, 1.5, "Q_WP_SPD_DN", 1.0, "m/s", "Descent on lift motors"),
    Px4Param("MPC_Z_V_AUTO_UP", REAL, 3.0, "Q_WP_SPD_UP", 1.0, "m/s", "Climb on lift motors"),
    Px4Param("NAV_ACC_RAD", REAL, None, "WP_RADIUS", 1.0, "m", "A waypoint is left at most this far before it", WINGS),
    Px4Param("NAV_LOITER_RAD", REAL, 80.0, "WP_LOITER_RAD", 1.0, "m", "Radius of circles, negative counter-clockwise"),
    Px4Param("NPFG_DAMPING", REAL, None, "NAVL1_DAMPING", 1.0, "", "Damping of the way back to the track"),
    Px4Param("NPFG_PERIOD", REAL, None, "NAVL1_PERIOD", 1.0, "s", "Period of the way back to the track"),
    *_of_outputs(_OUTPUTS, WINGS),
    *_of_outputs(_VTOL_OUTPUTS, _VTOL),
    Px4Param("RTL_DESCEND_ALT", REAL, 30.0, "Q_RTL_ALT", 1.0, "m", "Height to which a return circles down on wings"),
    Px4Param("RTL_LOITER_RAD", REAL, 80.0, "RTL_RADIUS", 1.0, "m", "Radius of the circle round home"),
    Px4Param("RTL_RETURN_ALT", REAL, 60.0, "RTL_ALTITUDE", 1.0, "m", "Height of a return above home"),
    Px4Param(
        RETURN_TYPE, INT, 1, "", 1.0, "", "Where it returns: 0 home or a rally point, else the mission's landing first",
        only=WINGS,
    ),
    Px4Param("SYS_AUTOSTART", INT, 10041, "", 1.0, "", "The airframe", only=WINGS),
    Px4Param("SYS_AUTOSTART", INT, 10043, "", 1.0, "", "The airframe", only=_VTOL),
    Px4Param("VT_B_DEC_MSS", REAL, 2.0, "Q_TRANS_DECEL", 1.0, "m/s/s", "Braking on the way back to the lift motors"),
    Px4Param("VT_TRANS_TIMEOUT", REAL, 15.0, "Q_TRANS_FAIL", 1.0, "s", "A longer transition to the wings has failed"),
    Px4Param("VT_TYPE", INT, 2, "", 1.0, "", "Kind of VTOL: 2 standard", only=_VTOL, inert=True),
)  # fmt: skip
"""A later row of a name wins: those of lift motors stand behind those of wings."""
