"""Parameters of what a vehicle carries: relays, a gripper, a parachute, landing gear, a sprayer, a winch, a camera, a
gimbal, a transmitter that identifies it.

Names, units and defaults of ArduPilot 4.6 (AP_Relay_Params.cpp, AP_Gripper.cpp, AP_Parachute.cpp, AP_LandingGear.cpp,
AC_Sprayer.cpp, AP_Winch.cpp, AP_Camera_Params.cpp, AP_Mount_Params.cpp, AP_OpenDroneID.cpp); RELAY1_PIN and
SIM_PARA_ENABLE are its simulator's, and the other SIM_ names are of ours.
"""

from __future__ import annotations

from typing import Final

from autopilot.parameters.definition import ParameterDef, f32, i8, i16

_SIM_RELAY_PIN: Final = 13

GRIPPER: Final[tuple[ParameterDef, ...]] = (
    i8("GRIP_ENABLE", 0, text="There is a gripper", values={0: "No", 1: "Yes"}),
    i8("GRIP_TYPE", 0, text="What the gripper is", values={0: "None", 1: "Servo", 2: "EPM"}, reboot=True),
    i16("GRIP_GRAB", 1900, "PWM", 1000, 2000, "Pulse that closes the gripper"),
    i16("GRIP_RELEASE", 1100, "PWM", 1000, 2000, "Pulse that opens the gripper"),
    i16("GRIP_NEUTRAL", 1500, "PWM", 1000, 2000, "Pulse of the gripper until its first order"),
    f32("GRIP_AUTOCLOSE", 0, "s", 0, 255, "The gripper closes by itself so long after it opened; 0 = it stays open"),
    i8("SIM_GRPS_ENABLE", 0, "", None, None, "A simulated gripper, which is there anyway", values={0: "No", 1: "Yes"}),
    i8("SIM_GRPS_PIN", -1, "", -1, 15, "Output of the simulated gripper, which is found by SERVOn_FUNCTION"),
    f32("SIM_GRIP_LOAD", 0, "kg", 0, 1, "Mass that the gripper takes up when it closes on the ground"),
)

REMOTE_ID: Final[tuple[ParameterDef, ...]] = (
    i8("DID_ENABLE", 0, text="The vehicle identifies itself", values={0: "No", 1: "Yes"}, reboot=True),
    i8("DID_MAVPORT", -1, "", -1, 9, "Port of the identification's transmitter; -1 = there is none", reboot=True),
    i16(
        "DID_OPTIONS", 0, text="What identification asks for",
        bits={0: "Arming waits for it", 1: "A position without GPS will do", 2: "The first BASIC_ID stays"},
    ),
    f32("DID_BARO_ACC", -1, "m", -1, 150, "Accuracy of the barometric height; -1 = unknown"),
)  # fmt: skip

_SWITCH: Final = {0: "Disabled", 1: "Enabled"}

PARACHUTE: Final[tuple[ParameterDef, ...]] = (
    i8("CHUTE_ENABLED", 0, "", None, None, "The parachute may be released", values=_SWITCH),
    i8("CHUTE_TYPE", 0, "", None, None, "How it is released", values={0: "Relay (does not arm)", 10: "Servo"}),
    i16("CHUTE_SERVO_ON", 1300, "PWM", 1000, 2000, "Pulse that releases the parachute"),
    i16("CHUTE_SERVO_OFF", 1100, "PWM", 1000, 2000, "Pulse that holds the parachute"),
    i16("CHUTE_ALT_MIN", 10, "m", 0, 32000, "Below this height it is not released; 0 = at any height"),
    i16("CHUTE_DELAY_MS", 500, "ms", 0, 5000, "Time from the stop of the motors to the release"),
    f32("CHUTE_CRT_SINK", 0, "m/s", 0, 15, "A vehicle that sinks faster than this for 1 s releases it; 0 = off"),
    i16(
        "CHUTE_OPTIONS", 0, "", None, None, "What a release does",
        bits={0: "The servo stays open", 1: "The motors go on"},
    ),
    i8("SIM_PARA_ENABLE", 0, "", None, None, "The simulated vehicle hangs on its parachute", values=_SWITCH),
    i8("SIM_PARA_PIN", -1, "", -1, 15, "Output of the simulated parachute, which is found by SERVOn_FUNCTION"),
    f32("SIM_PARA_SINK", 5, "m/s", 1, 20, "Sink rate on the parachute"),
)  # fmt: skip

LANDING_GEAR: Final[tuple[ParameterDef, ...]] = (
    i8("LGR_ENABLE", 0, "", None, None, "There is a landing gear", values=_SWITCH),
    i8("LGR_STARTUP", 0, "", None, None, "Landing gear at first", values={0: "As it is", 1: "Up", 2: "Down"}),
    i16("LGR_DEPLOY_ALT", 0, "m", 0, 1000, "Sinking through this height it goes down; 0 = off"),
    i16("LGR_RETRACT_ALT", 0, "m", 0, 1000, "Climbing through this height it goes up; 0 = off"),
    i16(
        "LGR_OPTIONS", 3, "", None, None, "When the landing gear moves by itself",
        bits={0: "Up after a takeoff", 1: "Down for a landing"},
    ),
)  # fmt: skip

SPRAYER: Final[tuple[ParameterDef, ...]] = (
    i8("SPRAY_ENABLE", 0, "", None, None, "There is a sprayer", values=_SWITCH),
    f32("SPRAY_PUMP_RATE", 10, "%", 0, 100, "Pump at 1 m/s over ground"),
    i16("SPRAY_SPINNER", 1300, "PWM", 1000, 2000, "Pulse of the spinner while it sprays"),
    i16("SPRAY_SPEED_MIN", 100, "cm/s", 0, 1000, "Slower than this it does not spray"),
    i8("SPRAY_PUMP_MIN", 0, "%", 0, 100, "Pump at least, while it sprays"),
    i8("SIM_SPR_ENABLE", 0, "", None, None, "A simulated sprayer, which is there anyway", values=_SWITCH),
    i8("SIM_SPR_PUMP", -1, "", -1, 15, "Output of the simulated pump, which is found by SERVOn_FUNCTION"),
    i8("SIM_SPR_SPIN", -1, "", -1, 15, "Output of the simulated spinner, which is found by SERVOn_FUNCTION"),
)

WINCH: Final[tuple[ParameterDef, ...]] = (
    i8("WINCH_TYPE", 0, "", None, None, "The winch", values={0: "None", 1: "PWM"}, reboot=True),
    f32("WINCH_RATE_MAX", 1, "m/s", 0, 10, "Fastest line"),
    f32("WINCH_POS_P", 1, "", 0.01, 10, "Rate of the line for a metre that it is off its length"),
    i16(
        "WINCH_OPTIONS", 7, "", None, None, "How the winch behaves",
        bits={0: "Spins freely at first", 1: "Says what it does", 2: "Tries again when it is stuck"},
    ),
    f32("SIM_WINCH_LOAD", 0, "kg", 0, 1, "Mass on the hook of the simulated winch"),
)  # fmt: skip
"""ArduPilot's of the second winch, which has a serial line, are not there."""

LIGHT: Final[tuple[ParameterDef, ...]] = (
    i8("SRT_LIGHT", 0, "", None, None, "There is a light (ILLUMINATOR_ON_OFF)", values=_SWITCH),
)


def _button(n: int) -> tuple[ParameterDef, ...]:
    return (
        i8(f"BTN_PIN{n}", -1, "", -1, 14, f"Pin of button {n} (SIM_PIN_MASK); -1 = there is none"),
        i8(f"BTN_OPTIONS{n}", 0, text=f"What is special about button {n}", bits={1: "High is low"}),
        i16(f"BTN_FUNC{n}", 0, "", 0, 300, f"Auxiliary function of button {n}, as RCn_OPTION; 0 = none"),
    )


BUTTONS: Final[tuple[ParameterDef, ...]] = (
    i8("BTN_ENABLE", 0, "", None, None, "There are buttons", values=_SWITCH),
    i16("BTN_REPORT_SEND", 10, "s", 0, 3600, "How long a change of a button is told (BUTTON_CHANGE)"),
    *(line for number in range(1, 5) for line in _button(number)),
)

GENERATOR: Final[tuple[ParameterDef, ...]] = (
    i8("GEN_TYPE", 0, "", None, None, "The generator", values={0: "None", 3: "Richenpower"}, reboot=True),
)

AUTHORIZATION: Final[tuple[ParameterDef, ...]] = (
    i8("SRT_AUTH_REQ", 0, "", None, None, "Arming waits for another system's word", values={0: "No", 1: "Yes"}),
    i16("SRT_AUTH_ID", 10, "", 1, 255, "System that authorizes arming"),
    f32("SRT_AUTH_WAIT", 1, "s", 0.1, 60, "How long the authorizer's answer is awaited"),
)
"""PX4's COM_ARM_AUTH_REQ, _ID and _TO: ArduPilot has none."""

PLACING: Final[tuple[ParameterDef, ...]] = (
    f32("PLDP_THRESH", 0.9, "", 0.5, 0.9, "Share of the thrust of descent below which the ground bears a load"),
    f32("PLDP_RNG_MAX", 0, "m", 0, 100, "Where the range finder sees farther a load is not released; 0 = anywhere"),
    f32("PLDP_DELAY", 0, "s", 0, 120, "Time between the release of a load and the climb"),
    f32("PLDP_SPEED_DN", 0, "m/s", 0, 5, "Descent speed of placing a load; 0 = LAND_SPEED"),
)


def _relay(n: int) -> tuple[ParameterDef, ...]:
    return (
        i8(
            f"RELAY{n}_FUNCTION",
            0,
            text=f"What relay {n} is for; without a pin it is only recorded",
            values={0: "None", 1: "Relay"},
            reboot=True,
        ),
        i16(f"RELAY{n}_PIN", _SIM_RELAY_PIN if n == 1 else -1, "", -1, 15, f"Pin that relay {n} switches; -1 = none"),
        i8(
            f"RELAY{n}_DEFAULT",
            0,
            text=f"What relay {n} is at first",
            values={0: "Off", 1: "On", 2: "No change"},
            reboot=True,
        ),
    )


RELAYS: Final = tuple(line for n in range(1, 7) for line in _relay(n))

CAMERA: Final[tuple[ParameterDef, ...]] = (
    i8(
        "CAM1_TYPE", 0, text="The camera that hangs on the vehicle",
        values={0: "None", 1: "Servo", 6: "MAVLinkCamV2"}, reboot=True,
    ),
    f32("CAM1_DURATION", 0.1, "s", 0, 5, "How long the shutter's servo is held"),
    i16("CAM1_SERVO_ON", 1300, "PWM", 1000, 2000, "Pulse that presses the shutter"),
    i16("CAM1_SERVO_OFF", 1100, "PWM", 1000, 2000, "Pulse that leaves the shutter alone"),
    f32("CAM1_INTRVAL_MIN", 0, "s", 0, 10, "Shortest time between two pictures"),
    f32("SIM_CAM_SENS_W", 6.4, "mm", 0.1, 100, "Width of the camera's sensor", reboot=True),
    f32("SIM_CAM_SENS_H", 4.8, "mm", 0.1, 100, "Height of the camera's sensor", reboot=True),
    f32("SIM_CAM_FOCAL", 4.7, "mm", 0.1, 1000, "Shortest focal length of the camera's lens", reboot=True),
    f32("SIM_CAM_ZOOM", 10, "", 1, 100, "Longest focal length over the shortest", reboot=True),
    i16("SIM_CAM_RES_W", 640, "", 16, 8192, "Columns of a picture", reboot=True),
    i16("SIM_CAM_RES_H", 480, "", 16, 8192, "Rows of a picture", reboot=True),
    f32(
        "SIM_CAM_PITCH", -90, "deg", -90, 30, "Where a camera without a gimbal looks; -90 = straight down",
        reboot=True,
    ),
    f32("SIM_CAM_STORE", 1024, "", 0, None, "Room for pictures, MiB", reboot=True),
)  # fmt: skip
"""The camera of component 100: ArduPilot's names where it has them; what its lens, sensor and card are is ours."""

MOUNT: Final[tuple[ParameterDef, ...]] = (
    i8(
        "MNT1_TYPE", 0, text="The gimbal", reboot=True,
        values={0: "None: a camera looks straight down", 1: "Servo", 6: "A MAVLink gimbal, simulated"},
    ),
    i8(
        "MNT1_DEFLT_MODE", 3, text="What the gimbal points at first, and after a region of interest",
        values={0: "Retracted", 1: "Neutral", 2: "MAVLink", 3: "RC", 4: "GPS point", 5: "SysID target", 6: "Home"},
    ),
    f32("MNT1_RC_RATE", 0, "deg/s", 0, 90, "How fast full stick turns the gimbal; 0 = sticks are angles", step=1),
    i16("MNT1_ROLL_MIN", -30, "deg", -180, 180, "Lowest roll angle of the gimbal", step=1),
    i16("MNT1_ROLL_MAX", 30, "deg", -180, 180, "Highest roll angle of the gimbal", step=1),
    i16("MNT1_PITCH_MIN", -90, "deg", -90, 90, "Lowest pitch angle of the gimbal", step=1),
    i16("MNT1_PITCH_MAX", 20, "deg", -90, 90, "Highest pitch angle of the gimbal", step=1),
    i16("MNT1_YAW_MIN", -180, "deg", -180, 180, "Lowest yaw angle of the gimbal", step=1),
    i16("MNT1_YAW_MAX", 180, "deg", -180, 180, "Highest yaw angle of the gimbal", step=1),
    *(
        f32(f"MNT1_{name}_{axis}", 0, "deg", -180, 180, f"{angle} of the {word} gimbal", step=1)
        for name, word in (("RETRACT", "retracted"), ("NEUTRAL", "neutral"))
        for axis, angle in (("X", "Roll"), ("Y", "Pitch"), ("Z", "Yaw"))
    ),
    i8(
        "MNT1_OPTIONS", 0, text="What the gimbal does by RC",
        bits={0: "RC lock state from previous mode", 1: "Return to neutral angles on RC failsafe"},
    ),
    i16("MNT1_SYSID_DFLT", 0, "", 0, 255, "System that the gimbal points at in mode SysID target", reboot=True),
    f32("SIM_MNT_RATE", 90, "deg/s", 1, 720, "Fastest turn of the simulated gimbal"),
    f32("SIM_MNT_ACC", 360, "deg/s/s", 1, 7200, "Acceleration of the simulated gimbal"),
)  # fmt: skip
"""The gimbal: ArduPilot's first mount (AP_Mount_Params), and what the simulated one can do."""
