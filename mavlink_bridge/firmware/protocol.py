"""`Firmware`: interface to everything that differs between the firmwares of flight controllers.

Inside Sortie modes have ArduPilot's numbers, mission items count from 1 (0 is home), and parameters are plain numbers.
A firmware converts these to and from MAVLink, and tells how it is flown (docs/reference/real-vehicles.md, 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass, field
from autopilot.mav import MissionResult, Result
from autopilot.mission.items import MissionItem
from autopilot.parameters import SetOutcome
from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.parameters import Parameters
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.setpoints import Facing
from mavlink_bridge.routing.service import Message

Strategy = Literal["guided", "native"]


@dataclass(frozen=True, slots=True)
class FlightOrder:
    """Command that flies the vehicle: number and parameters 1 to 7. With a `frame` parameters 5 and 6 are degrees and
    it is sent as COMMAND_INT. `prefixes`: beginnings of the STATUSTEXTs with the reason of a refusal."""

    number: int
    params: tuple[float, ...]
    frame: int | None = None
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """Target to fly to. `place`: altitude AMSL. `speed`: requested ground speed, m/s; None: the controller's own.
    `velocity`: velocity at the target, NED m/s."""

    ids: tuple[int, int]
    now_ms: int
    place: GeoPoint
    nose: Facing
    speed: float | None = None
    velocity: Ned | None = None


@dataclass(frozen=True, slots=True)
class FirmwareTexts:
    """Beginnings of texts. `prearm`: reasons against arming (PX4's second is a warning about what its mode needs); the
    others: reasons of refusals."""

    prearm: tuple[str, ...]
    arm: tuple[str, ...]
    disarm: tuple[str, ...]
    mode: tuple[str, ...] = ()
    takeoff: tuple[str, ...] = ()
    failsafe: tuple[str, ...] = ()
    """Beginnings of texts about the firmware's own failsafe, sent before the HEARTBEAT shows it."""


@dataclass(frozen=True, slots=True)
class FirmwareHabits:
    """Behaviour of a firmware that others must allow for."""

    strategy: Strategy  # flies missions by default: Sortie with guided targets, or the controller itself
    home_is_item_0: bool  # its missions begin with home
    starts_by_arming: bool  # armed in AUTO it flies the mission; else it waits for MISSION_START
    takes_off_by_itself: bool  # a mission needs no takeoff item
    repeats_targets: bool  # a lost position target goes unnoticed, so it is sent each second
    circles_by_velocity: bool  # fly circles by velocities along them; else by points ahead
    speed_with_target: bool  # each target has its speed; DO_CHANGE_SPEED does not last longer than a target
    answers_by_index: bool  # PARAM_VALUE after a set or a read by name has the real index
    acks_what_it_does: bool  # an accepted mode has been entered
    pauses_well: bool  # its own DO_PAUSE_CONTINUE stops at once
    download_window: int  # items that may be requested at once
    calibration: tuple[float, ...] | None  # parameters of PREFLIGHT_CALIBRATION before a flight
    introduces_itself: bool  # sends version, board and frame as texts with a parameter list
    texts_for_stations: str | None = None  # parameter that must be 0 for a companion to receive texts as a station
    repeats_changes: bool = False  # sends a changed parameter to all links after the answer
    sets_by_type: bool = False  # ignores a PARAM_SET with another type than the parameter's
    empty_circles: bool = False  # a fence may have circles of radius 0
    announces_plans: bool = True  # has texts for received and cleared plans
    approaches: bool = False  # land approaches may follow rally points
    reports_multicopter: bool = False  # EXTENDED_SYS_STATE reports a copter as a VTOL in multicopter state
    reports_goal: bool = False  # POSITION_TARGET_LOCAL_NED is GUIDED's target; else the present setpoint of any mode
    fastest_us: int = 0  # a shorter message interval is refused
    origin_with_home: bool = False  # sends GPS_GLOBAL_ORIGIN when home changes, and for GET_HOME_POSITION
    commit_as_number: bool = False  # AUTOPILOT_VERSION has 64 bits of the commit; else 8 characters of it
    begins_at_marked: bool = False  # a new mission begins at the item with `current` 1; the same again changes nothing
    station_port: int = 0  # UDP port on this machine to which its simulator sends by itself
    first_log: int = 1  # number of the oldest log
    asks_by_int: bool = False  # requests the first item of an upload by MISSION_REQUEST_INT
    gap_is_error: bool = True  # answers an item out of sequence with INVALID_SEQUENCE; else ignores it
    guided_items: tuple[int, ...] = (2, 3)  # values of `current` of an item that is flown to, not stored
    answers_for: frozenset[int] | None = None  # unheard components of its system for which it answers; None: all
    vtol_type: int | None = None  # MAV_TYPE of wings with lift motors; None: that of the kind
    capabilities_by_1: bool = True  # REQUEST_AUTOPILOT_CAPABILITIES fails unless param1 is 1
    wrong_frame: Result = Result.DENIED  # answer to a command in an unknown frame
    stations_by_type: bool = False  # a ground station's HEARTBEAT has MAV_TYPE_GCS; else its system id is enough


@dataclass(frozen=True, slots=True)
class Mirrored:
    """Parameter of the controller that Sortie needs for flying. `name`: inside Sortie. `factor`: Sortie's units in one
    of the controller's."""

    name: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Streams to request, Hz by message name; `native`: more of them while the controller flies a mission itself.

    `heartbeat_hz`: rate of requests for HEARTBEAT while armed, if it cannot be streamed faster and shows failsafes;
    None: not needed.
    """

    always: Mapping[str, float]
    native: Mapping[str, float] = field(default_factory=dict)
    heartbeat_hz: float | None = None


class ServedParameters(Protocol):
    """Parameters of a parameter service: all of `autopilot.parameters.Parameters`, or a part (`ParameterPart`)."""

    listeners: list[Callable[[str, float], None]]

    def __len__(self) -> int: ...
    def __contains__(self, name: object) -> bool: ...
    def __getitem__(self, name: str) -> float: ...
    def names(self) -> Sequence[str]: ...
    def definition(self, name: str) -> ParameterDef: ...
    def target(self, name: str) -> str: ...
    def is_stored(self, name: str) -> bool: ...
    def set(self, name: str, value: float) -> SetOutcome: ...


class Firmware(Protocol):
    """Interface to a firmware. `vehicle_class`: kind of its vehicle. `autopilot`: MAV_AUTOPILOT."""

    @property
    def vehicle_class(self) -> VehicleClass: ...
    @property
    def name(self) -> str: ...
    @property
    def autopilot(self) -> int: ...
    @property
    def habits(self) -> FirmwareHabits: ...
    @property
    def words(self) -> FirmwareTexts: ...
    @property
    def rates(self) -> Rates: ...
    @property
    def mirrored(self) -> Mapping[str, Mirrored]: ...
    @property
    def version(self) -> tuple[int, int, int]:
        """Version that Sortie reports when it speaks as this firmware."""

    @property
    def link_rates(self) -> Mapping[str, float] | None:
        """Additional streams of a new link, Hz; None: its parameters define them."""

    @property
    def capabilities(self) -> int:
        """MAV_PROTOCOL_CAPABILITY bits that Sortie reports, without FTP."""

    # --- modes ----------------------------------------------------------------------------------------------------
    def mode_of(self, custom_mode: int) -> int:
        """ArduPilot's mode number for a HEARTBEAT.custom_mode; an otherwise unused number if ArduPilot has no such
        mode."""

    def custom_mode(self, mode: int) -> int:
        """Inverse of `mode_of`; ValueError for modes that the firmware does not have."""

    def set_mode_params(self, mode: int) -> tuple[float, float, float]:
        """Parameters 1 to 3 of MAV_CMD_DO_SET_MODE."""

    def mode_params(self, custom_mode: int) -> tuple[float, float]:
        """Parameters 2 and 3 of MAV_CMD_DO_SET_MODE for a custom_mode."""

    def custom_of(self, param2: float, param3: float) -> int:
        """custom_mode of a DO_SET_MODE with these parameters."""

    def mode_name(self, custom_mode: int) -> str:
        """Name of a mode, as ground stations of this firmware show it."""

    def named_mode(self, name: str) -> int | None:
        """custom_mode with this name; None: no mode has it."""

    def mode_of_item(self, command: int) -> int | None:
        """Mode to which the firmware changes for this item of its own mission; None: it stays in AUTO."""

    @property
    def mode_at_end(self) -> int | None:
        """Mode to which the firmware changes when its own mission ends in the air; None: it stays in AUTO."""

    @property
    def velocity_mode(self) -> tuple[int, tuple[float, float, float]] | None:
        """Mode that is needed for velocity targets: custom_mode, and parameters 1 to 3 of DO_SET_MODE; None: GUIDED
        takes them."""

    # --- signs ----------------------------------------------------------------------------------------------------
    def may_arm(self, present: int, enabled: int, health: int) -> bool:
        """True if its pre-arm checks pass by SYS_STATUS."""

    def acts_itself(self, system_status: int, mode: int) -> bool:
        """True if a HEARTBEAT with this MAV_STATE and mode (ArduPilot's number) shows that the firmware's failsafe
        flies the vehicle."""

    # --- missions -------------------------------------------------------------------------------------------------
    def mission_to(self, items: Sequence[MissionItem], home: GeoPoint | None) -> tuple[MissionItem, ...]:
        """Items of a mission in the firmware's form, numbered from 0."""

    def needs_home(self, items: Sequence[MissionItem]) -> bool:
        """True if these items can be sent only with a known home."""

    def wire_seq(self, seq: int) -> int:
        """Number of a mission item on the wire, from Sortie's, which counts home as 0."""

    def seq_of(self, wire_seq: int) -> int:
        """Inverse of `wire_seq`."""

    def item_to(self, item: MissionItem) -> MissionItem:
        """Mission item with references to other items in the firmware's numbers."""

    def item_from(self, item: MissionItem) -> MissionItem:
        """Inverse of `item_to`."""

    def refuses(self, item: MissionItem) -> MissionResult | None:
        """Refusal of an item of a plan whose command or frame the firmware does not know; None: it knows both."""

    # --- parameters -----------------------------------------------------------------------------------------------
    def served_parameters(self, core: Parameters) -> ServedParameters:
        """Parameters that a simulated vehicle serves to stations instead of `core`."""

    def value_of(self, wire: float, kind: int) -> float:
        """Value of a PARAM_VALUE of MAV_PARAM_TYPE `kind`."""

    def wire_value(self, value: float, kind: int) -> float:
        """Value in PARAM_SET and PARAM_VALUE for `value`."""

    def equipment(self, stored: Mapping[str, float]) -> Mapping[str, float]:
        """Sortie's parameters that act at the start, from those that an earlier run stored by this firmware's names."""

    def parameters_hash(self, values: Iterable[tuple[str, float, int]]) -> int | None:
        """Hash of all parameters (name, value, MAV_PARAM_TYPE) in the order of their indices. It is sent before a list,
        so that a station can skip the download. None: this firmware has no hash."""

    # --- flying ---------------------------------------------------------------------------------------------------
    def go(self, aim: Aim) -> Message | FlightOrder:
        """Message or order that flies to a place and holds there."""

    def stop(self) -> FlightOrder | None:
        """Order that stops the vehicle; None: a velocity of zero does it."""

    def take_off(self, height: float, place: GeoPoint | None) -> FlightOrder:
        """Order of a takeoff to `height` m above home; `place` (altitude AMSL) is the end of the climb."""
