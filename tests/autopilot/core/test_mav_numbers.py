"""MAVLink's numbers in `autopilot.mav` are pymavlink's."""

from __future__ import annotations

from enum import IntEnum

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect
from pymavlink.dialects.v20 import development

from autopilot import mav
from autopilot.vehicles.mode_table import CopterMode, RoverMode

#: Where MAVLink's name does not begin with its enumeration's.
PREFIXES = {
    mav.MissionResult: ("MAV_MISSION_",),
    mav.Component: ("MAV_COMP_ID_",),
    mav.Sensor: ("MAV_SYS_STATUS_SENSOR_", "MAV_SYS_STATUS_", "MAV_SYS_STATUS_SENSOR_3D_"),
    mav.AirspeedSensorFlag: ("AIRSPEED_SENSOR_",),
    mav.EkfFlag: ("EKF_",),
    mav.HighLatencyFailure: ("HL_FAILURE_FLAG_", "HL_FAILURE_FLAG_3D_"),
    mav.SensorOrientation: ("MAV_SENSOR_ROTATION_",),
    mav.MagCalStatus: ("MAG_CAL_",),
    mav.StorageAction: ("PARAM_",),
    mav.GripperAction: ("GRIPPER_ACTION_",),
    mav.ParachuteAction: ("PARACHUTE_",),
    mav.WinchAction: ("WINCH_",),
    mav.WinchStatus: ("MAV_WINCH_STATUS_",),
    mav.MotorTestThrottle: ("MOTOR_TEST_THROTTLE_",),
    mav.FocusType: ("FOCUS_TYPE_",),
    mav.ZoomType: ("ZOOM_TYPE_",),
    mav.FailureUnit: ("FAILURE_UNIT_SENSOR_", "FAILURE_UNIT_SYSTEM_"),
}
#: In MAVLink's common.xml or development.xml, and not in this version of pymavlink.
NEWER = (
    mav.Cmd.DO_SET_GLOBAL_ORIGIN,
    mav.Cmd.REQUEST_OPERATOR_CONTROL,
    mav.Result.CANCELLED,
    mav.Result.COMMAND_UNSUPPORTED_MAV_FRAME,
    mav.Result.NOT_IN_CONTROL,
    *mav.ControlStatusFlag,
    *mav.EscConnection,
    *mav.TuneFormat,
    *mav.CellularStatus,
    *mav.CellularNetwork,
)

#: Named anew in common.xml, under an older name in this version of pymavlink.
RENAMED = {mav.VehicleType.VTOL_FIXEDROTOR: "MAV_TYPE_VTOL_RESERVED2"}

ENUMS = [kind for kind in vars(mav).values() if isinstance(kind, type) and kind is not IntEnum]


def mavlink_name(kind: type[IntEnum]) -> str:
    """The enumeration's name in MAVLink: the first word of the docstring."""
    return (kind.__doc__ or "").split()[0].rstrip(":.,")


@pytest.mark.parametrize("kind", ENUMS, ids=mavlink_name)
def test_every_member_is_mavlinks(kind: type[IntEnum]) -> None:
    """Number and name."""
    known = {**development.enums, **dialect.enums}.get(mavlink_name(kind), {})
    prefixes = PREFIXES.get(kind, (f"{mavlink_name(kind)}_",))
    for member in kind:
        if not any(member is newer for newer in NEWER):  # members of two enumerations may be equal
            names = [*(f"{prefix}{member.name}" for prefix in prefixes), RENAMED.get(member)]
            assert known[member.value].name in names


def test_no_enumeration_stands_twice() -> None:
    """Two of them with one name in MAVLink would be two places for one number."""
    assert len({mavlink_name(kind) for kind in ENUMS}) == len(ENUMS)


def test_what_pymavlink_lacks_is_still_lacking() -> None:
    """An exception that is no longer one goes."""
    assert not [member for member in NEWER if hasattr(dialect, f"{mavlink_name(type(member))}_{member.name}")]


@pytest.mark.parametrize(("kind", "enumeration"), [(CopterMode, "COPTER_MODE"), (RoverMode, "ROVER_MODE")])
def test_modes_have_ardupilots_numbers(kind: type[IntEnum], enumeration: str) -> None:
    """The dialect spells one of them another way than ArduPilot's own texts."""
    told = {number: entry.name for number, entry in dialect.enums[enumeration].items()}
    for mode in kind:
        assert told[mode.value].replace("INITIALIZING", "INITIALISING") == f"{enumeration}_{mode.name}"


def test_the_estimators_bits_are_those_of_both_firmwares() -> None:
    """PX4's ESTIMATOR_STATUS_FLAGS has the same first ten bits."""
    other = dialect.enums["ESTIMATOR_STATUS_FLAGS"]
    for member in list(mav.EkfFlag)[:10]:
        assert other[member.value].name == f"ESTIMATOR_{member.name}"
