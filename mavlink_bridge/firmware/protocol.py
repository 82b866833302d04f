"""`Firmware`: all that differs between the firmwares of flight controllers.

Inside Sortie modes have ArduPilot's numbers, missions are numbered from 1 (0 is home), parameters are plain numbers. A
firmware translates to and from the wire, and says how it wants to be flown (docs/reference/real-vehicles.md, 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.interface.records import dataclass, field
from autopilot.mav import Result
from autopilot.mission.items import MissionItem
from autopilot.parameters import SetOutcome
from autopilot.parameters.definition import ParameterDef
from autopilot.vehicles.vehicle_class import VehicleClass
from mavlink_bridge.firmware.setpoints import Facing
from mavlink_bridge.routing.service import Message

if TYPE_CHECKING:
    from autopilot.parameters.parameters import Parameters

Strategy = Literal["guided", "native"]


@dataclass(frozen=True, slots=True)
class FlightOrder:
    """A command that flies: number and parameters 1 to 7; 5 and 6 are degrees where there is a `frame`, in which it is
    sent as COMMAND_INT. `prefixes`: how a STATUSTEXT begins that says why it was refused."""

    number: int
    params: tuple[float, ...]
    frame: int | None = None
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """Aim of a target. `place`: altitude AMSL; `speed`: m/s over ground that somebody asked for, None: the controller's
    own; `velocity`: to pass it at, NED m/s."""

    ids: tuple[int, int]
    now_ms: int
    place: GeoPoint
    nose: Facing
    speed: float | None = None
    velocity: Ned | None = None


@dataclass(frozen=True, slots=True)
class FirmwareTexts:
    """Words with which texts begin. `prearm`: why it cannot be armed (PX4's second: a warning, all that it says in
    words where its mode wants what is missing); then the reasons of refusals."""

    prearm: tuple[str, ...]
    arm: tuple[str, ...]
    disarm: tuple[str, ...]
    mode: tuple[str, ...] = ()
    takeoff: tuple[str, ...] = ()
    failsafe: tuple[str, ...] = ()
    """Beginnings of texts about the firmware's own failsafe, told before HEARTBEAT shows it."""


@dataclass(frozen=True, slots=True)
class FirmwareHabits:
    """Habits of a firmware: what it does by itself, and what it wants.

    `strategy`: who flies missions unless a person says otherwise. `home_is_item_0`: its missions begin with home.
    `starts_by_arming`: armed in AUTO is flying the mission; else MISSION_START is waited for. `takes_off_by_itself`: a
    mission needs no takeoff. `repeats_targets`: a position may be lost without a word, so it is sent each second.
    `circles_by_velocity`: a circle is flown by velocities along it, else by points ahead. `speed_with_target`: a speed
    is part of each target, DO_CHANGE_SPEED does not outlast it. `answers_by_index`: PARAM_VALUE after a set or a read
    by name has the real index. `acks_what_it_does`: an accepted mode has been entered. `pauses_well`: its own
    DO_PAUSE_CONTINUE stops where it is asked. `download_window`: how many items may be asked for at once.
    `calibration`: parameters of PREFLIGHT_CALIBRATION before a flight, None where there is nothing to do.
    `introduces_itself`: version, board and frame are told in texts with a list of parameters. `texts_for_stations`:
    the parameter that must be 0 for a companion to count as a ground station, without which no texts come; None:
    texts come anyway. `tells_changes_again`: a parameter that was set is told to all once more, after the answer.
    `empty_circles`: a fence may have circles of radius 0. `approaches`: rally points may have some behind them.
    `says_multicopter`: its EXTENDED_SYS_STATE calls a copter a VTOL that flies as multicopter. `tells_goal`:
    POSITION_TARGET_LOCAL_NED is what GUIDED was told, whatever the vehicle is steered to by now (which it is of
    others), and only of kinds that have it. `fastest_us`: a shorter message interval is refused. `commit_as_number`:
    AUTOPILOT_VERSION has the first 64 bits of its commit, else eight letters of it. `asks_by_int`: items of an upload
    are asked for by MISSION_REQUEST_INT from the first on. `gap_is_error`: an item that comes out of sequence is
    answered INVALID_SEQUENCE, else passed over. `answers_for`: components of its system that nobody has heard, for
    which it answers; None: any. `wrong_frame`: result of a command in a frame that it does not know there."""

    strategy: Strategy
    home_is_item_0: bool
    starts_by_arming: bool
    takes_off_by_itself: bool
    repeats_targets: bool
    circles_by_velocity: bool
    speed_with_target: bool
    answers_by_index: bool
    acks_what_it_does: bool
    pauses_well: bool
    download_window: int
    calibration: tuple[float, ...] | None
    introduces_itself: bool
    texts_for_stations: str | None = None
    tells_changes_again: bool = False
    empty_circles: bool = False
    approaches: bool = False
    says_multicopter: bool = False
    tells_goal: bool = False
    fastest_us: int = 0
    commit_as_number: bool = False
    asks_by_int: bool = False
    gap_is_error: bool = True
    answers_for: frozenset[int] | None = None
    wrong_frame: Result = Result.DENIED


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A parameter of the controller that Sortie flies by: its name inside Sortie, and how many of Sortie's units one of
    the controller's is."""

    name: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Rates:
    """Streams to ask for, Hz by message name; `native` besides while the controller flies missions itself.
    `heartbeat_hz`: how often HEARTBEAT is asked for while armed, one by one, where it cannot be streamed faster and a
    failsafe is told by it; None: it comes often enough."""

    always: Mapping[str, float]
    native: Mapping[str, float] = field(default_factory=dict)
    heartbeat_hz: float | None = None


class ServedParameters(Protocol):
    """Parameters as a service serves them: all of `autopilot.parameters.Parameters`, or a part (`ParameterPart`)."""

    listeners: list[Callable[[str, float], None]]

    def __len__(self) -> int: ...
    def __contains__(self, name: object) -> bool: ...
    def __getitem__(self, name: str) -> float: ...
    def names(self) -> Sequence[str]: ...
    def definition(self, name: str) -> ParameterDef: ...
    def target(self, name: str) -> str: ...
    def set(self, name: str, value: float) -> SetOutcome: ...


class Firmware(Protocol):
    """See the module. `vehicle_class`: the kind that it flies; `autopilot`: MAV_AUTOPILOT."""

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
        """That Sortie says when it speaks as this firmware."""

    @property
    def link_rates(self) -> Mapping[str, float] | None:
        """Streams besides the usual ones that a new link of such a vehicle has, Hz; None: what its parameters say."""

    @property
    def capabilities(self) -> int:
        """MAV_PROTOCOL_CAPABILITY bits, without FTP, of the same."""

    # --- modes ----------------------------------------------------------------------------------------------------
    def mode_of(self, custom_mode: int) -> int:
        """HEARTBEAT.custom_mode as ArduPilot's mode number; one of no other use for what has none."""

    def custom_mode(self, mode: int) -> int:
        """Inverse of `mode_of`, for the modes that there are; ValueError for others."""

    def set_mode_params(self, mode: int) -> tuple[float, float, float]:
        """Parameters 1 to 3 of MAV_CMD_DO_SET_MODE."""

    def mode_params(self, custom_mode: int) -> tuple[float, float]:
        """Parameters 2 and 3 of MAV_CMD_DO_SET_MODE for a custom_mode."""

    def asked_mode(self, param2: float, param3: float) -> int:
        """The custom_mode that DO_SET_MODE with these parameters asks for."""

    def mode_name(self, custom_mode: int) -> str:
        """Name of a mode, as the firmware's stations call it."""

    def named_mode(self, name: str) -> int | None:
        """The custom_mode that has this name; None: none has."""

    def mode_of_item(self, command: int) -> int | None:
        """The mode that it changes to for this item of its own mission; None: it stays in AUTO."""

    @property
    def mode_at_end(self) -> int | None:
        """The mode that it changes to when its own mission ends in the air; None: it stays in AUTO."""

    @property
    def velocity_mode(self) -> tuple[int, tuple[float, float, float]] | None:
        """The mode that velocities need, entered while they stream: its custom_mode, and parameters 1 to 3 of
        DO_SET_MODE; None: GUIDED takes them."""

    # --- signs ----------------------------------------------------------------------------------------------------
    def may_arm(self, present: int, enabled: int, health: int) -> bool:
        """Do its pre-arm checks pass, by SYS_STATUS?"""

    def acts_itself(self, system_status: int, mode: int) -> bool:
        """True when a HEARTBEAT with this MAV_STATE and mode (ArduPilot's number) says that the firmware's own failsafe
        flies it."""

    # --- missions -------------------------------------------------------------------------------------------------
    def mission_to(self, items: Sequence[MissionItem], home: GeoPoint | None) -> tuple[MissionItem, ...]:
        """The items of a mission as they are sent to it, numbered from 0."""

    def needs_home(self, items: Sequence[MissionItem]) -> bool:
        """Can these be sent only when home is known?"""

    def wire_seq(self, seq: int) -> int:
        """Number of a mission item on the wire, from Sortie's, which counts home as 0."""

    def seq_of(self, wire_seq: int) -> int:
        """Inverse of `wire_seq`."""

    def item_to(self, item: MissionItem) -> MissionItem:
        """A mission item with the numbers of other items that it names as the wire counts them."""

    def item_from(self, item: MissionItem) -> MissionItem:
        """Inverse of `item_to`."""

    # --- parameters -----------------------------------------------------------------------------------------------
    def served_parameters(self, core: Parameters) -> ServedParameters:
        """Parameters to serve to stations of a simulated vehicle that has these, which may be changed for it."""

    def value_of(self, wire: float, kind: int) -> float:
        """The value in a PARAM_VALUE of MAV_PARAM_TYPE `kind`."""

    def wire_value(self, value: float, kind: int) -> float:
        """Value that PARAM_SET and PARAM_VALUE carry for it."""

    def equipment(self, stored: Mapping[str, float]) -> Mapping[str, float]:
        """Sortie's parameters that count from the start on, by what an earlier run has stored by this firmware's
        names."""

    def parameters_hash(self, values: Iterable[tuple[str, float, int]]) -> int | None:
        """Hash of all parameters (name, value, MAV_PARAM_TYPE) in the order of their indices, told before a list of
        them: a station that knows it needs no list. None: this firmware has none."""

    # --- flying ---------------------------------------------------------------------------------------------------
    def go(self, aim: Aim) -> Message | FlightOrder:
        """Fly to a place and stay."""

    def stop(self) -> FlightOrder | None:
        """Stop here; None where a velocity of zero does it."""

    def take_off(self, height: float, place: GeoPoint | None) -> FlightOrder:
        """Climb to `height` m above home, which is `place` (altitude AMSL) above where it stands."""
