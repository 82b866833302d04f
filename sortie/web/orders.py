"""What a page may ask for, and how it is done over MAVLink: a kind of request for each, checked when it is read; a job
for each kind, which runs the clients of `mavlink_bridge.clients` one after the other. Sans-IO.

A request is a JSON object: `ask` names it, `id` comes back with the answer, `system` is the vehicle's. What acts on a
vehicle needs `--control`; what only asks it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass
from math import nan
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from autopilot.flight.lifecycle import FlightCommand, FlightState
from autopilot.mav import Cmd, FailureType, FailureUnit, Frame, MissionType, RepositionFlag
from autopilot.mission.commands import has_position
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import PlanError, parse_plan
from autopilot.parameters.parameters import Parameters
from mavlink_bridge.clients.base import Client
from mavlink_bridge.clients.command import CommandClient, CommandOutcome, command_int, command_long
from mavlink_bridge.clients.mission_download import MissionDownload
from mavlink_bridge.clients.mission_upload import MissionClear, MissionUpload, SetCurrent
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.clients.parameters import ParameterList, ParameterOutcome, ParameterRead, ParameterWrite
from sortie.web.picture import COLUMNS, Vehicle

Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
Height = Annotated[float, Meta(ge=-1000.0, le=100_000.0)]
Float32 = Annotated[float, Meta(ge=-3.4028234e38, le=3.4028234e38)]
"""What a parameter holds."""
Name = Annotated[str, Meta(min_length=1, max_length=16)]
LARGEST_PLAN: Final = 4 << 20
SIMULATOR: Final = ("SIM_SPEEDUP", "SIM_WIND_SPD", "SIM_WIND_DIR", "SIM_WIND_TURB", "SYS_FAILURE_EN")
"""Parameters of a simulated vehicle that a page moves; one that has none of them is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request ended, in words, and what it brought."""

    ok: bool
    text: str
    data: Any = None


Job = Generator[Client, None, Answer]


class Request(Struct, tag_field="ask", forbid_unknown_fields=True):
    """What they have in common."""

    id: int
    system: Annotated[int, Meta(ge=1, le=255)]


class Arm(Request, tag="arm"):
    """`force`: whatever the checks say, also in the air."""

    on: bool
    force: bool = False


class SetMode(Request, tag="mode"):
    """`mode`: a name that the vehicle's firmware has."""

    mode: str


class Manager(Request, tag="flight"):
    """GO and ABORT of the flight manager."""

    command: str


class TakeOff(Request, tag="takeoff"):
    height_m: Annotated[float, Meta(gt=0.0, le=10_000.0)]


class FlyTo(Request, tag="fly_to"):
    """`height_m` above home."""

    lat: Latitude
    lon: Longitude
    height_m: Height


class Pause(Request, tag="pause"):
    """Stop here, or go on with the mission."""

    on: bool


class Start(Request, tag="start"):
    """MISSION_START."""


class Upload(Request, tag="upload"):
    """`text`: a plan file of any ground station; `name`: of the file."""

    name: str
    text: Annotated[str, Meta(max_length=LARGEST_PLAN)]


class Clear(Request, tag="clear"):
    """Take mission, fence and rally points away."""


class Item(Request, tag="item"):
    """Go on with this item."""

    seq: Annotated[int, Meta(ge=0, le=65535)]


class SetParameter(Request, tag="set"):
    name: Name
    value: Float32
    type: int


class Fail(Request, tag="fail"):
    """MAV_CMD_INJECT_FAILURE; `instance` 0: all."""

    unit: str
    type: str
    instance: Annotated[int, Meta(ge=0, le=255)] = 0


class Plan(Request, tag="plan"):
    """Mission, fence, rally points as the vehicle has them."""


class ParameterTable(Request, tag="parameters"):
    """All, with what they mean."""


class Simulator(Request, tag="simulator"):
    """The values of `SIMULATOR` that it has."""


class Modes(Request, tag="modes"):
    """The names of the modes that it can be told."""


class History(Request, tag="history"):
    """What was sampled of it."""


def _told(what: str, outcome: CommandOutcome | TransferOutcome | ParameterOutcome | None, ok: bool) -> Answer:
    word = "" if outcome is None else outcome.name.lower().replace("_", " ")
    return Answer(ok, f"{what}: {word}")


def _command(what: str, client: CommandClient) -> Job:
    yield client
    return _told(what, client.outcome, client.outcome is CommandOutcome.ACCEPTED)


def _arm(vehicle: Vehicle, asked: Arm) -> Job:
    force = 21196.0 if asked.force else 0.0  # the number that ArduPilot and PX4 ask for
    client = command_long(vehicle.target, Cmd.COMPONENT_ARM_DISARM, float(asked.on), force)
    return (yield from _command("arm" if asked.on else "disarm", client))


def modes_of(vehicle: Vehicle) -> dict[str, int]:
    """The modes that it can be told, by their names: those that Sortie knows how to ask its firmware for."""
    firmware = vehicle.target.firmware
    known: dict[str, int] = {}
    for mode in firmware.vehicle_class.modes.specs:
        try:
            known[firmware.mode_name(firmware.custom_mode(mode))] = mode
        except ValueError:  # this firmware has nothing like it
            continue
    return known


def _mode(vehicle: Vehicle, asked: SetMode) -> Job:
    mode = modes_of(vehicle).get(asked.mode)
    if mode is None:
        return Answer(False, f"mode {asked.mode}: this vehicle has none of that name")
    params = vehicle.target.firmware.set_mode_params(mode)
    return (yield from _command(f"mode {asked.mode}", command_long(vehicle.target, Cmd.DO_SET_MODE, *params)))


def take_flight(vehicle: Vehicle, client: CommandClient) -> None:
    """What the flight manager has answered."""
    number = client.detail & 0xFF
    if number in set(FlightState):
        vehicle.flight, vehicle.countdown_s = FlightState(number), client.detail >> 8 & 0xFF


def _flight(vehicle: Vehicle, asked: Manager) -> Job:
    if asked.command not in ("GO", "ABORT"):
        return Answer(False, f"{asked.command}: expected GO or ABORT")
    client = command_long(vehicle.target, Cmd.USER_1, float(FlightCommand[asked.command]))
    answer = yield from _command(asked.command, client)
    if client.outcome in (CommandOutcome.ACCEPTED, CommandOutcome.TEMPORARILY_REJECTED):
        take_flight(vehicle, client)
    return answer


def _take_off(vehicle: Vehicle, asked: TakeOff) -> Job:
    """From the ground, in the mode in which the vehicle takes orders."""
    firmware = vehicle.target.firmware
    guided = command_long(
        vehicle.target, Cmd.DO_SET_MODE, *firmware.set_mode_params(firmware.vehicle_class.modes.guided)
    )
    for what, client in (
        ("mode", guided),
        ("arm", command_long(vehicle.target, Cmd.COMPONENT_ARM_DISARM, 1.0)),
        ("takeoff", _take_off_command(vehicle, asked.height_m)),
    ):
        answer = yield from _command(what, client)
        if not answer.ok:
            return answer
    return Answer(True, f"takeoff to {asked.height_m:g} m: accepted")


def _take_off_command(vehicle: Vehicle, height_m: float) -> CommandClient:
    facts = vehicle.facts(vehicle.heard_ms)
    params = vehicle.target.firmware.take_off(height_m, None).params
    if facts.get("alt_m") is not None and vehicle.target.firmware.habits.takes_off_by_itself:
        params = (*params[:6], facts["alt_m"] + height_m)  # above the sea: its own way
    return command_long(vehicle.target, Cmd.NAV_TAKEOFF, *params)


def _fly_to(vehicle: Vehicle, asked: FlyTo) -> Job:
    """The height is told above the sea, which both firmwares understand alike (`mavlink_bridge.firmware.px4`)."""
    home = vehicle.facts(vehicle.heard_ms).get("home")
    if home is None:
        return Answer(False, "fly there: the vehicle has not said where its home is, above which the height counts")
    client = command_int(
        vehicle.target, Cmd.DO_REPOSITION, -1.0, float(RepositionFlag.CHANGE_MODE), 0.0, nan,
        lat=asked.lat, lon=asked.lon, z=home[2] + asked.height_m, frame=Frame.GLOBAL,
    )  # fmt: skip
    return (yield from _command(f"fly to {asked.lat:.6f}, {asked.lon:.6f} at {asked.height_m:g} m", client))


def _pause(vehicle: Vehicle, asked: Pause) -> Job:
    client = command_long(vehicle.target, Cmd.DO_PAUSE_CONTINUE, 0.0 if asked.on else 1.0)
    return (yield from _command("pause" if asked.on else "go on", client))


def _start(vehicle: Vehicle, asked: Start) -> Job:
    return (yield from _command("mission start", command_long(vehicle.target, Cmd.MISSION_START)))


def _upload(vehicle: Vehicle, asked: Upload) -> Job:
    """What the file has none of stays as it is."""
    try:
        plan = parse_plan(asked.text, asked.name)
    except PlanError as error:
        return Answer(False, f"{asked.name}: {error}")
    counts = []
    for kind, items in (
        (MissionType.MISSION, plan.items), (MissionType.FENCE, plan.fence), (MissionType.RALLY, plan.rally)
    ):  # fmt: skip
        if not items:
            continue
        client = MissionUpload(vehicle.target, items, kind=kind)
        yield client
        if client.outcome is not TransferOutcome.ACCEPTED:
            return _told(f"{asked.name}, {kind.name.lower()}", client.outcome, False)
        counts.append(f"{len(items)} {kind.name.lower()} items")
    if not counts:
        return Answer(False, f"{asked.name}: holds no items")
    return Answer(True, f"{asked.name}: uploaded, {', '.join(counts)}")


def _clear(vehicle: Vehicle, asked: Clear) -> Job:
    for kind in (MissionType.MISSION, MissionType.FENCE, MissionType.RALLY):
        client = MissionClear(vehicle.target, kind=kind)
        yield client
        if client.outcome not in (TransferOutcome.ACCEPTED, TransferOutcome.UNSUPPORTED):
            return _told(f"clear {kind.name.lower()}", client.outcome, False)
    return Answer(True, "plan cleared")


def _item(vehicle: Vehicle, asked: Item) -> Job:
    client = SetCurrent(vehicle.target, asked.seq)
    yield client
    return _told(f"go on with item {asked.seq}", client.outcome, client.outcome is TransferOutcome.ACCEPTED)


def _set(vehicle: Vehicle, asked: SetParameter) -> Job:
    client = ParameterWrite(vehicle.target, asked.name, asked.value, type=asked.type)
    yield client
    held = None if client.value is None else client.value.value
    if client.outcome is ParameterOutcome.REFUSED:
        return Answer(False, f"{asked.name}: the vehicle keeps {held:g}", {"name": asked.name, "value": held})
    return Answer(client.outcome is ParameterOutcome.ACCEPTED, f"{asked.name} = {asked.value:g}" if held is not None
                  else f"{asked.name}: no answer", {"name": asked.name, "value": held})  # fmt: skip


def _fail(vehicle: Vehicle, asked: Fail) -> Job:
    try:
        unit, kind = FailureUnit[asked.unit], FailureType[asked.type]
    except KeyError as error:
        return Answer(False, f"{error.args[0]}: no such unit or type of failure")
    client = command_long(vehicle.target, Cmd.INJECT_FAILURE, float(unit), float(kind), float(asked.instance))
    return (yield from _command(f"{asked.unit} {asked.type}", client))


def item_facts(item: MissionItem) -> dict[str, Any]:
    """A mission item for a page; without NaN, which JSON does not have."""
    facts = {name: None if value != value else value for name, value in asdict(item).items()}
    known = item.command in set(Cmd)
    return facts | {
        "name": Cmd(item.command).name if known else f"command {item.command}",
        "place": has_position(item.command) and (item.x, item.y) != (0.0, 0.0),
    }


def _plan(vehicle: Vehicle, asked: Plan) -> Job:
    plan: dict[str, Any] = {}
    for kind in (MissionType.MISSION, MissionType.FENCE, MissionType.RALLY):
        client = MissionDownload(vehicle.target, kind=kind)
        yield client
        if client.outcome not in (TransferOutcome.ACCEPTED, TransferOutcome.UNSUPPORTED):
            return _told(f"{kind.name.lower()}", client.outcome, False)
        plan[kind.name.lower()] = [item_facts(item) for item in client.items]
    return Answer(True, "plan", plan)


def _parameters(vehicle: Vehicle, asked: ParameterTable) -> Job:
    client = ParameterList(vehicle.target)
    yield client
    if client.outcome is not ParameterOutcome.ACCEPTED:
        return _told("parameters", client.outcome, False)
    known = Parameters(vehicle.target.firmware.vehicle_class.parameters)
    rows = []
    for name, value in sorted(client.values.items()):
        row: dict[str, Any] = {"name": name, "value": value.value, "type": value.type}
        if name in known:
            about = known.definition(name)
            row |= {
                "default": about.default, "unit": about.unit, "low": about.minimum, "high": about.maximum,
                "about": about.description, "reboot": about.reboot, "fixed": about.read_only,
                "values": {str(number): text for number, text in about.values.items()},
                "bits": {str(number): text for number, text in about.bitmask.items()},
            }  # fmt: skip
        rows.append(row)
    return Answer(True, f"{len(rows)} parameters", rows)


def _simulator(vehicle: Vehicle, asked: Simulator) -> Job:
    values: dict[str, float] = {}
    for name in SIMULATOR:
        client = ParameterRead(vehicle.target, name)
        yield client
        if client.value is not None:
            values[name] = client.value.value
        elif not values:
            return Answer(True, "not simulated", None)
    return Answer(True, "simulated", values)


def _modes(vehicle: Vehicle, asked: Modes) -> Job:
    yield from ()
    return Answer(True, "modes", list(modes_of(vehicle)))


def _history(vehicle: Vehicle, asked: History) -> Job:
    yield from ()
    return Answer(True, "history", {
        "columns": COLUMNS, "rows": list(vehicle.history), "texts": list(vehicle.said), "photos": list(vehicle.photos),
    })  # fmt: skip


_ACTS: Final[Mapping[type[Request], Callable[[Vehicle, Any], Job]]] = {
    Arm: _arm, SetMode: _mode, Manager: _flight, TakeOff: _take_off, FlyTo: _fly_to, Pause: _pause, Start: _start,
    Upload: _upload, Clear: _clear, Item: _item, SetParameter: _set, Fail: _fail,
}  # fmt: skip
_ASKS: Final[Mapping[type[Request], Callable[[Vehicle, Any], Job]]] = {
    Plan: _plan, ParameterTable: _parameters, Simulator: _simulator, History: _history,
    Modes: _modes,
}  # fmt: skip
AnyRequest = (
    Arm | SetMode | Manager | TakeOff | FlyTo | Pause | Start | Upload | Clear | Item | SetParameter | Fail
    | Plan | ParameterTable | Simulator | History | Modes
)  # fmt: skip
_DECODER: Final[msgspec.json.Decoder[AnyRequest]] = msgspec.json.Decoder(AnyRequest)


def read_request(text: str | bytes) -> AnyRequest:
    """The request in a JSON text. msgspec.DecodeError says in one line why it is none."""
    return _DECODER.decode(text)


def begin(request: AnyRequest, vehicle: Vehicle, *, control: bool) -> Job | Answer:
    """Its job, or at once the answer that it may not be asked."""
    kind = type(request)
    if kind in _ACTS and not control:
        return Answer(False, "this page only shows; start it with --control to act")
    return (_ACTS.get(kind) or _ASKS[kind])(vehicle, request)
