"""PX4's parameters of a simulated vehicle: names and units of their own for the same meanings.

A row leads to a parameter of the core (its name, how many of its units one of PX4's is) or, without one, is kept and
shown without effect. Names, types and defaults: PX4 1.16, parameter reference; those that MAVSDK and QGroundControl ask
for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from autopilot.interface.records import dataclass, field
from autopilot.mav import ParameterType
from autopilot.parameters import ParameterValueError, SetOutcome
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameters import Parameters

_I: Final = int(ParameterType.INT32)
_F: Final = int(ParameterType.REAL32)
RETURN_PRECISELY: Final = "RTL_PLD_MD"
FASTEST: Final = "MPC_XY_VEL_MAX"
_GIMBAL: Final = "MNT_MODE_IN"
_GIMBAL_IS_THERE: Final = (4.0, 0.0)
"""Values of MNT_MODE_IN by which MAVLink moves it; the first is what is shown."""
_FITTED: Final = 6.0  # MNT1_TYPE


@dataclass(frozen=True, slots=True)
class Px4Param:
    """A parameter. `core`: the core's name for it, of which `factor` units are one of PX4's; "": there is none.
    `only`: a parameter of the core by which the kinds that have it are known. `minimum`, `maximum`: the recommended
    range. `inert`: kept and shown, without effect."""

    name: str
    type: int
    default: float
    core: str = ""
    factor: float = 1.0
    unit: str = ""
    description: str = ""
    only: str = ""
    values: Mapping[int, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    inert: bool = False


_ROTORS: Final = ((1.0, 1.0, 0.05), (-1.0, -1.0, 0.05), (1.0, -1.0, -0.05), (-1.0, 1.0, -0.05))
"""Forward, right, turning moment per thrust (counter-clockwise is positive), of airframes/10040_sihsim_quadx."""
_AXES: Final = (("KM", "Moment"), ("PX", "Position forward"), ("PY", "Position to the right"), ("PZ", "Position down"))
_AIRFRAMES: Final = {0: "Multirotor", 6: "Rover (Differential)"}
_OUTPUTS: Final = {0: "Disabled", **{100 + number: f"Motor {number}" for number in range(1, 5)}}
_SWITCH: Final = {0: "Disabled", 1: "Enabled"}
_NOTHING: Final[Mapping[str, float]] = MappingProxyType({})
_ON_COPTERS, _ON_ROVERS = "WPNAV_SPEED", "WP_SPEED"


def _airframe() -> tuple[Px4Param, ...]:
    """Parameters of the motors and the frame, as the metadata's actuators name them; a change has no effect."""
    found = [
        Px4Param("CA_AIRFRAME", _I, 0, description="Geometry", only=_ON_COPTERS, values=_AIRFRAMES),
        Px4Param("CA_AIRFRAME", _I, 6, description="Geometry", only=_ON_ROVERS, values=_AIRFRAMES),
    ]
    for number, (forward, right, moment) in enumerate(_ROTORS):
        for (axis, what), value in zip(_AXES, (moment, forward, right, 0.0), strict=True):
            found.append(
                Px4Param(
                    f"CA_ROTOR{number}_{axis}", _F, value, description=f"{what} of rotor {number}", only=_ON_COPTERS
                )
            )
    return *found, Px4Param("CA_ROTOR_COUNT", _I, len(_ROTORS), description="Number of rotors", only=_ON_COPTERS)


def _outputs() -> tuple[Px4Param, ...]:
    """Parameters of what each output drives; a change has no effect."""
    return tuple(
        Px4Param(
            f"PWM_MAIN_FUNC{number}",
            _I,
            100 + number,
            description=f"Function of output {number}",
            values=_OUTPUTS,
            only="" if number < 3 else _ON_COPTERS,
        )
        for number in range(1, 5)
    )


ROWS: Final[tuple[Px4Param, ...]] = (
    Px4Param("BAT1_CAPACITY", _F, 5100.0, "BATT_CAPACITY", 1.0, "mAh", "Battery capacity"),
    Px4Param("BAT1_N_CELLS", _I, 3, description="Cells of the battery in series"),
    Px4Param("BAT1_V_CHARGED", _F, 4.05, unit="V", description="Voltage of a full cell"),
    Px4Param("BAT1_V_EMPTY", _F, 3.6, unit="V", description="Voltage of an empty cell"),
    Px4Param("BAT_CRIT_THR", _F, 0.07, "", 1.0, "", "Charge below which the battery is critical"),
    Px4Param("BAT_EMERGEN_THR", _F, 0.05, "", 1.0, "", "Charge below which it is an emergency"),
    Px4Param("BAT_LOW_THR", _F, 0.15, "", 1.0, "", "Charge below which it is warned of"),
    *_airframe(),
    Px4Param("CAL_ACC0_ID", _I, 1310988, "", 1.0, "", "Identity of the accelerometer"),
    Px4Param("CAL_GYRO0_ID", _I, 1310988, "", 1.0, "", "Identity of the gyroscope"),
    Px4Param("CAL_MAG0_ID", _I, 197388, "", 1.0, "", "Identity of the first compass"),
    Px4Param("COM_DISARM_LAND", _F, 2.0, "", 1.0, "s", "Disarmed so long after a landing; 0 never"),
    Px4Param("COM_DISARM_PRFLT", _F, 10.0, "DISARM_DELAY", 1.0, "s", "Disarmed when it has not taken off by then"),
    Px4Param("COM_DL_LOSS_T", _I, 10, "FS_GCS_TIMEOUT", 1.0, "s", "A ground station silent for this long is lost"),
    Px4Param("COM_FAIL_ACT_T", _F, 5.0, "", 1.0, "s", "Hold before a failsafe acts"),
    Px4Param("COM_FLTMODE1", _I, -1, "", 1.0, "", "Mode of the mode switch's position 1; -1 none"),
    Px4Param("COM_FLTMODE2", _I, -1, "", 1.0, "", "Mode of the mode switch's position 2; -1 none"),
    Px4Param("COM_FLTMODE3", _I, -1, "", 1.0, "", "Mode of the mode switch's position 3; -1 none"),
    Px4Param("COM_FLTMODE4", _I, -1, "", 1.0, "", "Mode of the mode switch's position 4; -1 none"),
    Px4Param("COM_FLTMODE5", _I, -1, "", 1.0, "", "Mode of the mode switch's position 5; -1 none"),
    Px4Param("COM_FLTMODE6", _I, -1, "", 1.0, "", "Mode of the mode switch's position 6; -1 none"),
    Px4Param("COM_FLT_TIME_MAX", _I, -1, "", 1.0, "s", "Time in the air after which it returns; -1 off"),
    Px4Param("COM_LOW_BAT_ACT", _I, 0, "", 1.0, "", "0 warn, 1 return, 2 land, 3 return, then land"),
    Px4Param("COM_MOT_TEST_EN", _I, 1, "", 1.0, "", "ACTUATOR_TEST is taken", values=_SWITCH),
    Px4Param("COM_OBL_RC_ACT", _I, 0, "", 1.0, "", "What follows when setpoints stay away in Offboard"),
    Px4Param("COM_OF_LOSS_T", _F, 1.0, "GUID_TIMEOUT", 1.0, "s", "How long setpoints may stay away in Offboard"),
    Px4Param("COM_OF_LOSS_T", _F, 1.0, "", 1.0, "s", "How long setpoints may stay away in Offboard", only=_ON_ROVERS),
    Px4Param("COM_RC_IN_MODE", _I, 1, "", 1.0, "", "Where sticks come from"),
    Px4Param("COM_RCL_EXCEPT", _I, 0, "", 1.0, "", "Modes without sticks: 1 Mission, 2 Hold and alike, 4 Offboard"),
    Px4Param("COM_RC_LOSS_T", _F, 0.5, "RC_OVERRIDE_TIME", 1.0, "s", "Sticks silent for this long are lost"),
    Px4Param("COM_RC_OVERRIDE", _I, 1, "", 1.0, "", "Bit 0: moved sticks take over from automatic modes"),
    Px4Param("COM_RC_STICK_OV", _F, 30.0, "", 1.0, "%", "Deflection that does"),
    Px4Param("COM_WIND_MAX", _F, -1.0, "", 1.0, "m/s", "Wind above which COM_WIND_MAX_ACT follows; -1 off"),
    Px4Param("COM_WIND_MAX_ACT", _I, 0, "", 1.0, "", "0 nothing, 1 warn, 2 hold, 3 return, 4 terminate, 5 land"),
    Px4Param("EKF2_HGT_REF", _I, 1, "", 1.0, "", "What heights are measured by"),
    Px4Param("FLW_TGT_ALT_M", _I, 0, "", 1.0, "", "Height of following: 2 above the target, else above home"),
    Px4Param("FLW_TGT_DST", _F, 8.0, "", 1.0, "m", "Distance from the target"),
    Px4Param("FLW_TGT_FA", _F, 180.0, "", 1.0, "deg", "Where it follows, from the target's course: 180 behind"),
    Px4Param("FLW_TGT_HT", _F, 8.0, "", 1.0, "m", "Height of following"),
    Px4Param("FLW_TGT_MAX_VEL", _F, 5.0, "", 1.0, "m/s", "Speed that it may follow with"),
    Px4Param("FLW_TGT_RS", _F, 0.1, "", 1.0, "", "How quickly following answers"),
    Px4Param("GF_ACTION", _I, 2, "", 1.0, "", "0 nothing, 1 warn, 2 hold, 3 return, 4 terminate, 5 land"),
    Px4Param("GF_MAX_HOR_DIST", _F, 0.0, "", 1.0, "m", "Farthest from home; 0 off"),
    Px4Param("GF_MAX_VER_DIST", _F, 0.0, "", 1.0, "m", "Highest above home; 0 off"),
    Px4Param("LND_FLIGHT_T_HI", _I, 0, "", 1.0, "", "Time in the air, of all flights together, high part"),
    Px4Param("LND_FLIGHT_T_LO", _I, 0, "", 1.0, "", "Time in the air, of all flights together, low part"),
    Px4Param("LTEST_MODE", _I, 0, "", 1.0, "", "0: the landing target moves, 1: it stands", only="PLND_TYPE"),
    Px4Param("MAV_SYS_ID", _I, 1, "SYSID_THISMAV", 1.0, "", "MAVLink system id of this vehicle"),
    Px4Param(
        "MC_ROLL_P",
        _F,
        6.5,
        unit="1/s",
        description="Roll P gain; no effect here",
        only=_ON_COPTERS,
        minimum=0.0,
        maximum=12.0,
        inert=True,
    ),
    Px4Param("MIS_TAKEOFF_ALT", _F, 2.5, "", 1.0, "m", "Height of a takeoff that names none"),
    Px4Param("MNT_MODE_IN", _I, -1, "", 1.0, "", "The gimbal: 0, 4 there is one; else none; after a restart"),
    Px4Param("MNT_MODE_OUT", _I, 0, "", 1.0, "", "What the gimbal speaks: 2 MAVLink's protocol 2"),
    Px4Param(
        "MNT_RATE_PITCH", _F, 30.0, "MNT1_RC_RATE", 1.0, "deg/s", "How fast full stick turns the gimbal, both axes"
    ),
    Px4Param("MNT_RATE_YAW", _F, 30.0, "MNT1_RC_RATE", 1.0, "deg/s", "How fast full stick turns the gimbal, both axes"),
    Px4Param("MPC_LAND_SPEED", _F, 0.7, "LAND_SPEED", 100.0, "m/s", "Speed of the last part of a landing"),
    Px4Param("MPC_XY_CRUISE", _F, 5.0, "WPNAV_SPEED", 100.0, "m/s", "Speed of missions and repositions"),
    Px4Param(
        FASTEST,
        _F,
        12.0,
        unit="m/s",
        description="Highest horizontal speed; what is asked for beyond it is capped",
        only=_ON_COPTERS,
        minimum=0.0,
        maximum=20.0,
    ),
    Px4Param("MPC_Z_V_AUTO_DN", _F, 1.5, "WPNAV_SPEED_DN", 100.0, "m/s", "Descent in automatic modes"),
    Px4Param("MPC_Z_V_AUTO_UP", _F, 3.0, "WPNAV_SPEED_UP", 100.0, "m/s", "Climb in automatic modes"),
    Px4Param("NAV_ACC_RAD", _F, 2.0, "WPNAV_RADIUS", 100.0, "m", "Within this a waypoint counts"),
    Px4Param("NAV_ACC_RAD", _F, 2.0, "WP_RADIUS", 1.0, "m", "Within this a waypoint counts"),
    Px4Param("NAV_DLL_ACT", _I, 0, "", 1.0, "", "Without station: 1 hold, 2 return, 3 land, 5 terminate, 6 disarm"),
    Px4Param("NAV_RCL_ACT", _I, 2, "", 1.0, "", "Without sticks: 1 hold, 2 return, 3 land, 5 terminate, 6 disarm"),
    Px4Param("PLD_BTOUT", _F, 5.0, "PLND_TIMEOUT", 1.0, "s", "A landing target not seen for this long is lost"),
    Px4Param("PLD_FAPPR_ALT", _F, 0.1, "PLND_ALT_MIN", 1.0, "m", "Lower than this it lands without the target"),
    Px4Param("PLD_HACC_RAD", _F, 0.2, "PLND_XY_DIST_MAX", 1.0, "m", "No descent while the target is farther off"),
    Px4Param("PLD_MAX_SRCH", _I, 3, "PLND_RET_MAX", 1.0, "", "How often a lost landing target is searched"),
    *_outputs(),
    Px4Param("RC_MAP_FLTMODE", _I, 0, "", 1.0, "", "Radio channel of the mode switch, 0 = none"),
    Px4Param("RC_MAP_PITCH", _I, 0, "", 1.0, "", "Radio channel of pitch"),
    Px4Param("RC_MAP_ROLL", _I, 0, "", 1.0, "", "Radio channel of roll"),
    Px4Param("RC_MAP_THROTTLE", _I, 0, "", 1.0, "", "Radio channel of throttle"),
    Px4Param("RC_MAP_YAW", _I, 0, "", 1.0, "", "Radio channel of yaw"),
    Px4Param("RO_SPEED_LIM", _F, 2.0, "WP_SPEED", 1.0, "m/s", "Speed of a rover in automatic modes"),
    Px4Param("RTL_DESCEND_ALT", _F, 30.0, "", 1.0, "m", "Height at which a return descends"),
    Px4Param("RTL_LAND_DELAY", _F, 0.0, "", 1.0, "s", "Wait before a return lands; -1 does not land"),
    Px4Param(
        RETURN_PRECISELY,
        _I,
        0,
        "",
        1.0,
        "",
        "A return lands on a target: 0 no, 1 if it sees it, 2 it searches",
        only="PLND_TYPE",
    ),
    Px4Param("RTL_RETURN_ALT", _F, 60.0, "RTL_ALT", 100.0, "m", "Height of a return above home"),
    Px4Param("SDLOG_MODE", _I, 1, "", 1.0, "", "Logged: 0 flights, 1 from the start on"),
    Px4Param("SENS_BOARD_X_OFF", _F, 0.0, "", 1.0, "", "Board offset, roll"),
    Px4Param("SENS_BOARD_Y_OFF", _F, 0.0, "", 1.0, "", "Board offset, pitch"),
    Px4Param("SENS_BOARD_Z_OFF", _F, 0.0, "", 1.0, "", "Board offset, yaw"),
    Px4Param("SYS_AUTOSTART", _I, 10040, "", 1.0, "", "The airframe", only=_ON_COPTERS),
    Px4Param("SYS_AUTOSTART", _I, 50000, "", 1.0, "", "The airframe", only=_ON_ROVERS),
    Px4Param("SYS_FAILURE_EN", _I, 0, "SYS_FAILURE_EN", 1.0, "", "Failures may be injected"),
    Px4Param("SYS_HAS_MAG", _I, 1, "", 1.0, "", "Compasses that there are"),
    Px4Param("SYS_HITL", _I, 0, "", 1.0, "", "Hardware in the loop"),
)


_PRESET: Final = {  # any station counts; losses are told; thrust is thrust
    "SYSID_MYGCS": 0.0, "FS_GCS_ENABLE": 1.0, "FS_THR_ENABLE": 1.0, "GUID_OPTIONS": 8.0, "FENCE_ACTION": 0.0,
    "PLND_TYPE": 1.0,
}  # fmt: skip
"""Values by which the core does what PX4 does without a parameter of its own, where nobody has set them."""
_CAPPED: Final = ("WPNAV_SPEED", "LOIT_SPEED")
"""Lowered for good where MPC_XY_VEL_MAX is below them (MulticopterPositionControl.cpp, `parameters_update`)."""
_DERIVED_FROM: Final = frozenset(
    {
        "BAT1_CAPACITY", "BAT_LOW_THR", "BAT_CRIT_THR", "GF_MAX_HOR_DIST", "GF_MAX_VER_DIST", "COM_WIND_MAX",
        "LTEST_MODE", "MPC_XY_CRUISE", FASTEST,
    }
)  # fmt: skip


def equipment(stored: Mapping[str, float]) -> dict[str, float]:
    """Parameters of the core that count from the start on, by what an earlier run has `stored` by PX4's names."""
    known = stored.get(_GIMBAL)
    return {} if known is None else {"MNT1_TYPE": _FITTED if known in _GIMBAL_IS_THERE else 0.0}


class Px4Parameters:
    """The parameters of `core` under PX4's names, and those that only PX4 has; what ground stations are served.
    `stored`: by PX4's names, of an earlier run; `given`: by a person for this one, under either name.
    ParameterValueError: a value that is impossible."""

    def __init__(self, core: Parameters, stored: Mapping[str, float], given: Mapping[str, float] = _NOTHING) -> None:
        self.listeners: list[Callable[[str, float], None]] = []
        self._core = core
        rows = [row for row in ROWS if all(name in core for name in (row.core, row.only) if name)]
        self._rows = {row.name: row for row in rows}
        self._of_core = {row.core: row.name for row in rows if row.core}
        self._own = {row.name: row.default for row in rows if not row.core}
        self._polygon = False
        self._definitions = {row.name: _definition(row) for row in rows}
        for row in rows:  # PX4's own defaults where nobody has set anything
            if row.core and row.core not in given and core[row.core] == core.definition(row.core).default:
                core.set(row.core, row.default * row.factor)
        fitted = core["MNT1_TYPE"] == _FITTED
        for name, value in stored.items():
            if name in self._rows and self._rows[name].core not in given:
                self.set(name, value)
        for name, value in given.items():
            if name in self._rows and name not in core:
                outcome = self.set(name, value)
                if not outcome.accepted:
                    raise ParameterValueError(outcome.warning)
        if (self._own[_GIMBAL] in _GIMBAL_IS_THERE) is not fitted:  # who started it has said something else
            self._own[_GIMBAL] = _GIMBAL_IS_THERE[0] if fitted else -1.0
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

    def definition(self, name: str) -> ParameterDef:
        return self._definitions[name]

    def target(self, name: str) -> str:
        """PX4's parameters have one name each."""
        return name

    def set(self, name: str, value: float) -> SetOutcome:
        """Set a parameter as `Parameters.set` does, with limits of the core's where it has the parameter."""
        row, before = self._rows[name], self[name]
        if row.core:
            done = self._core.set(row.core, value * row.factor)
            if name in _DERIVED_FROM:
                self._derive()
            return SetOutcome(self[name], self[name] != before, done.accepted, done.warning)
        self._own[name] = self._definitions[name].fit(value)
        if name in _DERIVED_FROM:
            self._derive()
        if self._own[name] != before:
            self._tell(name)
        return SetOutcome(self._own[name], self._own[name] != before, True)

    def fence_uploaded(self, *, any_items: bool) -> None:
        """PX4 keeps a fence that was uploaded, without a switch."""
        self._polygon = any_items
        self._derive()

    def _derive(self) -> None:
        """Set the core's parameters that follow from more than one of PX4's."""
        own, core, capacity = self._own, self._core, self["BAT1_CAPACITY"]
        far, high = own["GF_MAX_HOR_DIST"], own["GF_MAX_VER_DIST"]
        wanted = {
            "BATT_LOW_MAH": own["BAT_LOW_THR"] * capacity,
            "BATT_CRT_MAH": own["BAT_CRIT_THR"] * capacity,
            "FENCE_TYPE": 4 + 2 * (far > 0.0) + (high > 0.0),
            "FENCE_RADIUS": far or core["FENCE_RADIUS"],
            "FENCE_ALT_MAX": high or core["FENCE_ALT_MAX"],
            "FENCE_ENABLE": self._polygon or far > 0.0 or high > 0.0,
            "SRT_WIND_MAX": max(own["COM_WIND_MAX"], 0.0),
        }
        if "LTEST_MODE" in own:
            wanted["PLND_OPTIONS"] = (int(core["PLND_OPTIONS"]) & ~1) | (own["LTEST_MODE"] == 0.0)
        if FASTEST in own:
            wanted |= {name: min(core[name], 100.0 * own[FASTEST]) for name in _CAPPED}
        for name, value in wanted.items():
            if name in core and core[name] != float(value):
                core.set(name, float(value))

    def _core_changed(self, name: str, value: float) -> None:
        del value
        if name in self._of_core:
            self._tell(self._of_core[name])

    def _tell(self, name: str) -> None:
        for listener in self.listeners:
            listener(name, self[name])


def _definition(row: Px4Param) -> ParameterDef:
    return ParameterDef(
        row.name,
        row.type,
        row.default,
        row.unit,
        row.minimum,
        row.maximum,
        description=row.description,
        values=row.values,
        inert=row.inert,
    )
