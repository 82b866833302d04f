"""Jobs that carry out requests of the page (`sortie.web.requests`) over MAVLink: each runs clients of
`mavlink_bridge.clients` in sequence. No I/O. Requests that change a vehicle need `--control`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import nan
from typing import Any, Final

from autopilot.flight.lifecycle import FlightCommand, FlightState
from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, FailureType, FailureUnit, MissionType, RepositionFlag, Result, Severity, WireMissionState
from autopilot.mission.plan import PlanError, parse_plan
from mavlink_bridge.clients.command import CommandClient, CommandOutcome, command_int, command_long
from mavlink_bridge.clients.mission_upload import MissionClear, MissionUpload, SetCurrent
from mavlink_bridge.clients.outcome import TransferOutcome
from mavlink_bridge.clients.parameters import ParameterOutcome, ParameterWrite
from sortie.config.words import counted
from sortie.web import requests
from sortie.web.drawing import fence_around, lanes_over, mission_through, rally_at
from sortie.web.picture import ShownVehicle
from sortie.web.questions import ASKS, Answer, Job, answer_of, modes_of


def _command(
    vehicle: ShownVehicle, what: str, client: CommandClient | MissionUpload | MissionClear | SetCurrent
) -> Job:
    """Send a command or a plan. A refusal gets the reason from the vehicle's text, because its answer has none."""
    heard = vehicle.last_text
    yield client
    accepted = client.outcome is CommandOutcome.ACCEPTED or client.outcome is TransferOutcome.ACCEPTED
    answer = answer_of(what, client.outcome, accepted)
    return Answer(answer.ok, answer.text + _why(vehicle, heard))


def _why(vehicle: ShownVehicle, heard: int) -> str:
    """Return the vehicle's texts since number `heard`, in parentheses; it may repeat one with each repeated request."""
    texts = "; ".join(dict.fromkeys(vehicle.texts_since(heard, Severity.WARNING)))
    return f" ({texts})" if texts else ""


def _arm(vehicle: ShownVehicle, request: requests.Arm) -> Job:
    force = 21196.0 if request.force else 0.0  # the number that ArduPilot and PX4 require
    client = command_long(vehicle.target, Cmd.COMPONENT_ARM_DISARM, float(request.on), force)
    return (yield from _command(vehicle, "arm" if request.on else "disarm", client))


def _mode(vehicle: ShownVehicle, request: requests.SetMode) -> Job:
    mode = modes_of(vehicle).get(request.mode)
    if mode is None:
        return Answer(False, f"mode {request.mode}: this vehicle has none of that name")
    return (yield from _command(vehicle, f"mode {request.mode}", _mode_command(vehicle, mode)))


def take_flight(vehicle: ShownVehicle, client: CommandClient) -> None:
    number = client.detail & 0xFF
    if number in set(FlightState):
        vehicle.flight, vehicle.countdown_s = FlightState(number), client.detail >> 8 & 0xFF


def _flight(vehicle: ShownVehicle, request: requests.Manager) -> Job:
    if request.command not in ("GO", "ABORT"):
        return Answer(False, f"{request.command}: expected GO or ABORT")
    number = FlightCommand[request.command]
    client = command_long(
        vehicle.target,
        Cmd.USER_1,
        float(number),
        # a late answer to a STATUS is ACCEPTED too; it still counts seconds, which no ABORT leaves
        is_answer=lambda ack: number != FlightCommand.ABORT or ack.result != Result.ACCEPTED or ack.result_param2 < 256,
    )
    answer = yield from _command(vehicle, request.command, client)
    if client.outcome in (CommandOutcome.ACCEPTED, CommandOutcome.TEMPORARILY_REJECTED):
        take_flight(vehicle, client)
    return answer


def _take_off(vehicle: ShownVehicle, request: requests.TakeOffRequest) -> Job:
    """Take off from the ground, in the mode for commands."""
    firmware = vehicle.target.firmware
    if not firmware.vehicle_class.flies:
        return Answer(False, f"takeoff: a {firmware.vehicle_class.name} does not fly")
    answer = yield from _in_turn(
        vehicle,
        ("mode", _mode_command(vehicle, firmware.vehicle_class.modes.guided)),
        ("arm", _arm_command(vehicle)),
        ("takeoff", _take_off_command(vehicle, request.height_m)),
    )
    return Answer(True, f"takeoff to {request.height_m:g} m: accepted") if answer.ok else answer


def _in_turn(vehicle: ShownVehicle, *steps: tuple[str, CommandClient]) -> Job:
    """Run steps in sequence while each is accepted."""
    for what, client in steps:
        answer = yield from _command(vehicle, what, client)
        if not answer.ok:
            break
    return answer


def _arm_command(vehicle: ShownVehicle) -> CommandClient:
    return command_long(vehicle.target, Cmd.COMPONENT_ARM_DISARM, 1.0)


def _mode_command(vehicle: ShownVehicle, mode: int) -> CommandClient:
    return command_long(vehicle.target, Cmd.DO_SET_MODE, *vehicle.target.firmware.set_mode_params(mode))


def _take_off_command(vehicle: ShownVehicle, height_m: float) -> CommandClient:
    facts = vehicle.facts(vehicle.heard_ms)
    here = facts.get("alt_m")
    place = None if here is None else GeoPoint(nan, nan, here + height_m)
    params = vehicle.target.firmware.take_off(height_m, place).params
    return command_long(vehicle.target, Cmd.NAV_TAKEOFF, *params)


def _fly_to(vehicle: ShownVehicle, request: requests.FlyTo) -> Job:
    what = f"fly to {request.lat:.6f}, {request.lon:.6f} at {request.height_m:g} m"
    return (yield from _reposition(vehicle, what, request.lat, request.lon, request.height_m))


def _look_at(vehicle: ShownVehicle, request: requests.LookAt) -> Job:
    home = vehicle.facts(vehicle.heard_ms).get("home")
    if request.lat is None or request.lon is None:
        return (yield from _command(vehicle, "look ahead", command_long(vehicle.target, Cmd.DO_SET_ROI_NONE)))
    if home is None:
        return Answer(False, "look there: the vehicle has not said where its home is, at whose height the place is")
    client = command_int(vehicle.target, Cmd.DO_SET_ROI_LOCATION, GeoPoint(request.lat, request.lon, home[2]))
    return (yield from _command(vehicle, f"look at {request.lat:.6f}, {request.lon:.6f}", client))


def _orbit(vehicle: ShownVehicle, request: requests.OrbitRequest) -> Job:
    facts = vehicle.facts(vehicle.heard_ms)
    what = f"circle of {request.radius_m:g} m around {request.lat:.6f}, {request.lon:.6f}"
    home = facts.get("home")
    if not facts.get("armed") or home is None:
        return Answer(False, f"{what}: {'the vehicle is not armed' if home is not None else 'no home is known'}")
    middle = GeoPoint(request.lat, request.lon, home[2] + request.height_m)
    client = command_int(vehicle.target, Cmd.DO_ORBIT, middle, request.radius_m)
    return (yield from _command(vehicle, what, client))


def _photo(vehicle: ShownVehicle, request: requests.PhotoRequest) -> Job:
    if vehicle.camera is None:
        return Answer(False, "picture: no camera was heard")
    target = replace(vehicle.target, component=vehicle.camera)
    return (yield from _command(vehicle, "picture", command_long(target, Cmd.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0)))


def _draw(vehicle: ShownVehicle, request: requests.Draw) -> Job:
    flies, places = vehicle.target.firmware.vehicle_class.flies, request.places
    if len(places) < _CORNERS and request.what in ("fence", "survey"):
        return Answer(False, f"{request.what}: an area has {_CORNERS} corners at least")
    kind = _KINDS.get(request.what, MissionType.MISSION)
    try:
        match request.what:
            case "fence":
                items = fence_around(places)
            case "rally":
                items = rally_at(places, request.height_m)
            case "survey":
                items = mission_through(lanes_over(places, request.apart_m), request.height_m, flies=flies)
            case "mission":
                items = mission_through(places, request.height_m, flies=flies)
    except ValueError as error:
        return Answer(False, f"survey: {error}")
    answer = yield from _command(vehicle, request.what, MissionUpload(vehicle.target, items, kind=kind))
    return Answer(True, f"{request.what}: uploaded, {counted(len(items), 'item')}") if answer.ok else answer


_CORNERS: Final = 3
_KINDS: Final = {"fence": MissionType.FENCE, "rally": MissionType.RALLY}


def _change_height(vehicle: ShownVehicle, request: requests.ChangeHeight) -> Job:
    facts = vehicle.facts(vehicle.heard_ms)
    if "lat" not in facts:
        return Answer(False, "height: the vehicle has not said where it is")
    return (
        yield from _reposition(vehicle, f"height {request.height_m:g} m", facts["lat"], facts["lon"], request.height_m)
    )


def _reposition(vehicle: ShownVehicle, what: str, lat: float, lon: float, height_m: float) -> Job:
    """Fly to a place. The height is sent above sea level, which both firmwares interpret alike
    (`mavlink_bridge.firmware.px4`)."""
    facts = vehicle.facts(vehicle.heard_ms)
    if not facts.get("armed"):
        return Answer(False, f"{what}: the vehicle is not armed")
    home = facts.get("home")
    if home is None:
        return Answer(False, f"{what}: the vehicle has not said where its home is, above which the height counts")
    place = GeoPoint(lat, lon, home[2] + height_m)
    client = command_int(vehicle.target, Cmd.DO_REPOSITION, place, -1.0, float(RepositionFlag.CHANGE_MODE), 0.0)
    return (yield from _command(vehicle, what, client))


def _change_speed(vehicle: ShownVehicle, request: requests.ChangeSpeed) -> Job:
    client = command_long(vehicle.target, Cmd.DO_CHANGE_SPEED, 1.0, request.speed_mps, -1.0)
    return (yield from _command(vehicle, f"speed {request.speed_mps:g} m/s", client))


def _turn(vehicle: ShownVehicle, request: requests.Turn) -> Job:
    client = command_long(vehicle.target, Cmd.CONDITION_YAW, request.heading_deg, 0.0, 0.0, 0.0)
    return (yield from _command(vehicle, f"heading {request.heading_deg:g}°", client))


def _pause(vehicle: ShownVehicle, request: requests.Pause) -> Job:
    """Pause the mission. If the firmware cannot pause (a takeoff in AUTO, a manual mode), GUIDED holds the position."""
    answer = yield from _command(vehicle, "pause", command_long(vehicle.target, Cmd.DO_PAUSE_CONTINUE, 0.0))
    if answer.ok:
        return answer
    modes = vehicle.target.firmware.vehicle_class.modes
    return (yield from _command(vehicle, "pause in GUIDED", _mode_command(vehicle, modes.guided)))


def _start(vehicle: ShownVehicle, request: requests.StartRequest) -> Job:
    """Start or continue the mission: on the ground arm first, if the firmware allows it."""
    firmware, facts = vehicle.target.firmware, vehicle.facts(vehicle.heard_ms)
    modes = firmware.vehicle_class.modes
    begin = ("mission start", command_long(vehicle.target, Cmd.MISSION_START))
    auto = ("mode", _mode_command(vehicle, modes.auto))
    if facts.get("mission") == _NONE or facts.get("items") == 0:
        lack = "cannot fly its mission" if facts.get("items") else "has no mission"  # a PX4 tells both as none
        return Answer(False, f"mission start: the vehicle {lack}")
    if facts.get("armed"):
        flying = facts.get("mode") == firmware.mode_name(firmware.custom_mode(modes.auto))
        goes_on = ("go on", command_long(vehicle.target, Cmd.DO_PAUSE_CONTINUE, 1.0))
        if not flying and firmware.habits.starts_by_arming:
            return (yield from _in_turn(vehicle, auto))  # MISSION_START goes back to a PX4's first item
        return (yield from _in_turn(vehicle, goes_on if flying and facts.get("mission") in _BEGUN else begin))
    if firmware.habits.starts_by_arming:
        return (yield from _in_turn(vehicle, auto, ("arm", _arm_command(vehicle))))
    guided = ("mode", _mode_command(vehicle, modes.guided))
    return (yield from _in_turn(vehicle, guided, ("arm", _arm_command(vehicle)), begin))


_NONE: Final = WireMissionState.NO_MISSION.name.lower().replace("_", " ")
_BEGUN: Final = (WireMissionState.ACTIVE.name.lower(), WireMissionState.PAUSED.name.lower())
"""States of a mission that flies or waits after DO_PAUSE_CONTINUE."""


def _upload(vehicle: ShownVehicle, request: requests.UploadRequest) -> Job:
    """Upload the parts of a plan file. Parts that are not in the file stay unchanged on the vehicle."""
    try:
        plan = parse_plan(request.text, request.name)
    except PlanError as error:
        return Answer(False, f"{request.name}: {error}")
    counts = []
    for kind, items in (
        (MissionType.MISSION, plan.items),
        (MissionType.FENCE, plan.fence),
        (MissionType.RALLY, plan.rally),
    ):
        if not items:
            continue
        what = f"{request.name}, {kind.name.lower()}"
        answer = yield from _command(vehicle, what, MissionUpload(vehicle.target, items, kind=kind))
        if not answer.ok:
            return answer
        counts.append(counted(len(items), f"{kind.name.lower()} item"))
    if not counts:
        return Answer(False, f"{request.name}: has no items")
    return Answer(True, f"{request.name}: uploaded, {', '.join(counts)}")


def _clear(vehicle: ShownVehicle, request: requests.Clear) -> Job:
    for kind in (MissionType.MISSION, MissionType.FENCE, MissionType.RALLY):
        client = MissionClear(vehicle.target, kind=kind)
        answer = yield from _command(vehicle, f"clear {kind.name.lower()}", client)
        if not answer.ok and client.outcome is not TransferOutcome.UNSUPPORTED:
            return answer
    return Answer(True, "plan cleared")


def _item(vehicle: ShownVehicle, request: requests.Item) -> Job:
    """Select a mission item. In flight the mission continues there, in any mode; on the ground it starts there."""
    what, facts = f"go on with item {request.seq}", vehicle.facts(vehicle.heard_ms)
    items = facts.get("items") or (0 if facts.get("mission") == _NONE else None)  # 0 is also told by who does not count
    if items is not None and request.seq > items:  # the vehicle would not answer
        return Answer(False, f"{what}: the mission has {counted(items, 'item')}")
    answer = yield from _command(vehicle, what, SetCurrent(vehicle.target, request.seq))
    if not answer.ok or not vehicle.facts(vehicle.heard_ms).get("armed"):
        return answer
    begun = yield from _start(vehicle, requests.StartRequest(id=request.id, system=request.system))
    return answer if begun.ok else begun


def _set(vehicle: ShownVehicle, request: requests.SetParameter) -> Job:
    client, heard = ParameterWrite(vehicle.target, request.name, request.value, type=request.type), vehicle.last_text
    yield client
    why = _why(vehicle, heard)
    stored = None if client.value is None else client.value.value
    if client.outcome is ParameterOutcome.REFUSED:
        words = f"{request.name}: the vehicle keeps {stored:g}"
    else:
        words = f"{request.name} = {request.value:g}" if stored is not None else f"{request.name}: no answer"
    accepted = client.outcome is ParameterOutcome.ACCEPTED
    return Answer(accepted, words + why, {"name": request.name, "value": stored})


def _fail(vehicle: ShownVehicle, request: requests.Fail) -> Job:
    try:
        unit, kind = FailureUnit[request.unit], FailureType[request.type]
    except KeyError as error:
        return Answer(False, f"{error.args[0]}: no such unit or type of failure")
    client = command_long(vehicle.target, Cmd.INJECT_FAILURE, float(unit), float(kind), float(request.instance))
    return (yield from _command(vehicle, f"{request.unit} {request.type}", client))


_ACTS: Final[Mapping[type[requests.WebRequest], Callable[[ShownVehicle, Any], Job]]] = {
    requests.Arm: _arm,
    requests.SetMode: _mode,
    requests.Manager: _flight,
    requests.TakeOffRequest: _take_off,
    requests.FlyTo: _fly_to,
    requests.LookAt: _look_at,
    requests.OrbitRequest: _orbit,
    requests.PhotoRequest: _photo,
    requests.Draw: _draw,
    requests.ChangeHeight: _change_height,
    requests.ChangeSpeed: _change_speed,
    requests.Turn: _turn,
    requests.Pause: _pause,
    requests.StartRequest: _start,
    requests.UploadRequest: _upload,
    requests.Clear: _clear,
    requests.Item: _item,
    requests.SetParameter: _set,
    requests.Fail: _fail,
}


def begin(request: requests.AnyRequest, vehicle: ShownVehicle, *, control: bool) -> Job | Answer:
    """Return the job of a request, or an answer if it is not allowed."""
    kind = type(request)
    if kind in _ACTS and not control:
        return Answer(False, "this page is read-only; start it with --control to fly")
    return (_ACTS.get(kind) or ASKS[kind])(vehicle, request)
