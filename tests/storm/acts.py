"""Acts of a station: each a script of messages, with the patience and habits of the station's model."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from math import nan
from random import Random
from typing import TYPE_CHECKING, Any

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, MissionType
from autopilot.mission.items import MissionItem
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.mission.convert import read_item, write_item
from mavlink_bridge.wire.definitions import NAME_OF
from tests.storm import plans
from tests.storm.models import Patience
from tests.storm.station import Message, Script, Station, Wait, dialect

if TYPE_CHECKING:
    from tests.storm.world import Storm

FINAL = 30_000
"""After IN_PROGRESS, ms."""
UNDER_WAY_MS = 2_000
"""Longest time that a frame is on a link."""
ABANDON_MS = 8_000
"""Silence after which a vehicle leaves an upload."""
TAKEOFF_M = 15.0
STAND_MS, WATCH_MS, NEAR_M, FAR_M = 25_000, 45_000, 60.0, 300.0
Modes = Mapping[str, tuple[float, ...]]
"""Parameters 1 to 3 of DO_SET_MODE, by a mode's name."""


def _named(name: str, **fields: Any) -> Callable[[Message], bool]:
    return lambda message: (
        message.get_type() == name and all(getattr(message, field) == value for field, value in fields.items())
    )


def command(s: Station, number: int, *params: float, patience: Patience | None = None) -> Generator[Any, Any, int]:
    """COMMAND_LONG until it is answered; MAV_RESULT, or -1."""
    filled = [*params, *[0.0] * (7 - len(params))]
    answer = yield from s.ask(
        lambda n: dialect.MAVLink_command_long_message(*s.target, number, n, *filled),
        _named("COMMAND_ACK", command=number),
        patience or s.model.command,
    )
    while answer is not None and answer.result == 5:
        answer = yield from s.wait(_named("COMMAND_ACK", command=number), FINAL)
    return -1 if answer is None else int(answer.result)


def every_message(s: Station) -> Script:
    """Ask once for each message that there is, whatever the vehicle has of them."""
    for number in NAME_OF:
        s.send(dialect.MAVLink_command_long_message(*s.target, Cmd.REQUEST_MESSAGE, 0, number, *[0.0] * 6))
        yield from s.sleep(20)


def mode(s: Station, params: tuple[float, ...]) -> Script:
    """As each sets a mode."""
    return (yield from command(s, Cmd.DO_SET_MODE, *params))


def greet(s: Station) -> Script:
    """What it asks when it has found a vehicle: streams, version, then parameters or plans are acts of their own."""
    for group, hz in s.model.streams:
        s.send(dialect.MAVLink_request_data_stream_message(*s.target, group, hz, 1))
    if s.model.name != "MAVProxy":
        yield from command(s, Cmd.REQUEST_MESSAGE, 148, patience=s.model.query)
    if s.model.name.startswith("QGC"):
        for number, param in ((Cmd.SET_MESSAGE_INTERVAL, (242, 1e6)), (Cmd.SET_MESSAGE_INTERVAL, (245, 1e6))):
            yield from command(s, number, *param)
        for wanted in (435, 397, 395):
            yield from command(s, Cmd.REQUEST_MESSAGE, wanted, patience=s.model.query)
    elif s.model.name == "MP":
        yield from command(s, 42428)
        yield from command(s, 42428)
    elif s.model.name != "DroneKit":
        yield from command(s, 410)
    return None


def list_parameters(s: Station) -> Script:
    """PARAM_REQUEST_LIST; what is missing is read again by index, ten at a time."""
    there: set[int] = set()
    total = 0
    s.send(dialect.MAVLink_param_request_list_message(*s.target))
    silent = 0
    while silent < 3 and (not total or len(there) < total):
        value = yield Wait(_named("PARAM_VALUE"), s.now() + 3000)
        if value is not None:
            silent, total = 0, value.param_count
            if value.param_index < total:
                there.add(value.param_index)
            continue
        silent += 1
        missing = [index for index in range(total) if index not in there][:10]
        for index in missing:
            s.send(dialect.MAVLink_param_request_read_message(*s.target, b"", index))
        if not total:
            s.send(dialect.MAVLink_param_request_list_message(*s.target))
    return f"{len(there)} of {total}"


def set_parameter(s: Station, name: str, value: float) -> Script:
    """PARAM_SET until PARAM_VALUE says the value."""
    wanted = name.encode().ljust(16, b"\0")[:16]

    def says(message: Message) -> bool:
        return message.get_type() == "PARAM_VALUE" and message.param_id == name

    answer = yield from s.ask(
        lambda n: dialect.MAVLink_param_set_message(*s.target, wanted, value, 9), says, s.model.set_param
    )
    return None if answer is None else answer.param_value


def read_parameter(s: Station, name: str) -> Script:
    """PARAM_REQUEST_READ by name."""
    answer = yield from s.ask(
        lambda n: dialect.MAVLink_param_request_read_message(*s.target, name.encode(), -1),
        lambda message: message.get_type() == "PARAM_VALUE" and message.param_id == name,
        s.model.set_param,
    )
    return None if answer is None else answer.param_value


def upload(
    s: Station,
    kind: int,
    items: tuple[MissionItem, ...],
    *,
    hang_up_after: int | None = None,
    on_begin: Callable[[], None] = lambda: None,
) -> Script:
    """MISSION_COUNT, the items that are asked for, MISSION_ACK; `hang_up_after` items it says no more. A MISSION_COUNT
    without an answer may still be under way: another now would have its items counted by the old one, which no vehicle
    can tell."""
    if (since_ms := s.now() - s.counted_ms.get(kind, -UNDER_WAY_MS)) < UNDER_WAY_MS:
        yield from s.sleep(UNDER_WAY_MS - since_ms)
    wire = s.firmware.mission_to(items, None) if kind == MissionType.MISSION else items
    if s.model.in_one_breath:
        s.send(dialect.MAVLink_mission_clear_all_message(*s.target, kind))

    def match(message: Message) -> bool:
        return (
            message.get_type() in ("MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK")
            and message.mission_type == kind
        )

    on_begin()
    count = dialect.MAVLink_mission_count_message(*s.target, len(wire), kind)
    sends, furthest, given, due_ms = 0, -1, 0, 0
    while True:
        if furthest < 0 and s.now() >= due_ms:
            if sends == s.model.count.sends:
                s.counted_ms[kind] = s.now() + ABANDON_MS  # it may have come, and item 0 be asked for again
                return "no answer"
            sends += 1
            due_ms = s.now() + s.model.count.ms
            s.send(count)
            s.counted_ms[kind] = s.now()
        answer = yield Wait(match, due_ms if furthest < 0 else s.now() + s.model.item_silence_ms)
        if answer is None:
            if furthest < 0:
                continue
            if not s.model.resends_items or given > 3 * len(wire) + 5:
                return "gave up"
            given += 1
            send_item(s, kind, furthest, wire)
        elif answer.get_type() == "MISSION_ACK":
            if answer.type == 0 and furthest < len(wire) - 1:
                continue  # of its own CLEAR_ALL, or of an upload before
            if answer.type in (13, 14) and furthest < 0:
                yield from s.sleep(300)
                continue
            if answer.type != 13:
                s.counted_ms.pop(kind, None)
                return int(answer.type)
        elif furthest < 0 and answer.seq > 0:
            continue  # a request of an upload before, whose end it did not hear: its items would be mixed
        elif answer.seq < len(wire):
            if hang_up_after is not None and answer.seq >= hang_up_after:
                if answer.seq == 0:  # as above
                    s.counted_ms[kind] = s.now() + ABANDON_MS
                return "hung up"
            furthest = max(furthest, answer.seq)
            given += 1
            send_item(s, kind, answer.seq, wire)
            if s.model.in_one_breath and answer.seq == len(wire) - 1:
                s.send(dialect.MAVLink_mission_request_list_message(*s.target, kind))


def send_item(s: Station, kind: int, seq: int, wire: tuple[MissionItem, ...]) -> None:
    as_int = not s.model.float_items
    s.send(write_item(wire[seq], kind, seq, Peer(0, *s.target), as_int=as_int, current=seq == 0 and as_int))


def download(s: Station, kind: int) -> Script:
    """MISSION_REQUEST_LIST, each item, MISSION_ACK; the items, or None."""
    count = yield from s.ask(
        lambda n: dialect.MAVLink_mission_request_list_message(*s.target, kind),
        _named("MISSION_COUNT", mission_type=kind),
        s.model.count,
    )
    if count is None:
        return None
    request = (
        dialect.MAVLink_mission_request_message if s.model.float_items else dialect.MAVLink_mission_request_int_message
    )
    form = "MISSION_ITEM" if s.model.float_items else "MISSION_ITEM_INT"
    items: list[MissionItem] = []
    for seq in range(count.count):
        item = yield from s.ask(
            lambda n, seq=seq: request(*s.target, seq, kind), _named(form, seq=seq, mission_type=kind), s.model.item
        )
        if item is None:
            return None
        items.append(read_item(item, kind))
    s.send(dialect.MAVLink_mission_ack_message(*s.target, 0, kind))
    return tuple(items)


def clear(s: Station, kind: int) -> Script:
    """MISSION_CLEAR_ALL until it is answered."""
    answer = yield from s.ask(
        lambda n: dialect.MAVLink_mission_clear_all_message(*s.target, kind),
        _named("MISSION_ACK", mission_type=kind),
        s.model.count,
    )
    return None if answer is None else int(answer.type)


def set_current(s: Station, seq: int, *, old: bool) -> Script:
    """DO_SET_MISSION_CURRENT, or the `old` message."""
    if not old:
        return (yield from command(s, Cmd.DO_SET_MISSION_CURRENT, seq))
    answer = yield from s.ask(
        lambda n: dialect.MAVLink_mission_set_current_message(*s.target, seq),
        _named("MISSION_CURRENT", seq=seq),
        s.model.query,
    )
    return answer is not None


def fly(s: Station, kind: str, modes: Modes, up: float, *, takeoff: bool) -> Script:
    """Arm as each does, and begin the mission, or take off to GUIDED at `up` m, as the firmware counts them."""
    yield from mode(s, modes["GUIDED"])
    armed = yield from command(s, Cmd.COMPONENT_ARM_DISARM, 1)
    if armed != 0:
        return f"not armed ({armed})"
    if takeoff and kind == "copter":
        return (yield from command(s, Cmd.NAV_TAKEOFF, 0, 0, 0, nan, 0, 0, up))
    begun = yield from command(s, Cmd.MISSION_START)
    if begun != 0:
        begun = yield from mode(s, modes["AUTO"])
    if begun != 0:
        yield from s.sleep(STAND_MS)  # it stands armed, and its person looks for the reason
    return begun


def go_to(s: Station, home: GeoPoint, reach: float, random: Random) -> Script:
    """DO_REPOSITION as COMMAND_INT, up to `reach` m away: beyond a fence perhaps."""
    lat, lon = plans.place(home, random.uniform(-reach, reach), random.uniform(-reach, reach))
    answer = yield from s.ask(
        lambda n: dialect.MAVLink_command_int_message(
            *s.target, 3, Cmd.DO_REPOSITION, 0, 0, -1, 1, 0, nan, round(lat * 1e7), round(lon * 1e7), 25.0
        ),
        _named("COMMAND_ACK", command=Cmd.DO_REPOSITION),
        s.model.command,
    )
    if reach > NEAR_M:
        yield from s.sleep(WATCH_MS)
    return None if answer is None else int(answer.result)


def set_home(s: Station, home: GeoPoint, random: Random) -> Script:
    """DO_SET_HOME some metres away."""
    lat, lon = plans.place(home, random.uniform(-20, 20), random.uniform(-20, 20))
    answer = yield from s.ask(
        lambda n: dialect.MAVLink_command_int_message(
            *s.target, 0, Cmd.DO_SET_HOME, 0, 0, 0, 0, 0, 0, round(lat * 1e7), round(lon * 1e7), home.alt
        ),
        _named("COMMAND_ACK", command=Cmd.DO_SET_HOME),
        s.model.command,
    )
    return None if answer is None else int(answer.result)


def sticks(s: Station, seconds: float, random: Random) -> Script:
    """A pilot: RC_CHANNELS_OVERRIDE at 5 Hz, let go at the end."""
    for _ in range(round(seconds * 5)):
        pulses = [random.choice((1500, 1500, random.randint(1300, 1700))) for _ in range(4)]
        s.send(dialect.MAVLink_rc_channels_override_message(*s.target, *pulses, 0, 0, 0, 0))
        yield from s.sleep(200)
    s.send(dialect.MAVLink_rc_channels_override_message(*s.target, *[0] * 8))
    return None


_WAYS_HOME = (("HOLD",) * 3, ("QRTL", "QRTL", "QLAND"), ("RTL", "RTL", "LAND"), ("RTL",) * 3)
"""Modes that end on the ground, of a rover, a quadplane, a copter, and any other vehicle: three attempts in turn."""


def bring_home(s: Station, storm: Storm, number: int) -> Script:
    """A patient person with a good link: home, down, and disarmed; True when that is so."""
    service = storm.service(number)
    modes = storm.views[number].modes
    patient = Patience(1000, 10)
    if storm.views[number].kind == "plane" and service.autopilot.facts.landed:  # rolling: AUTO would not take it up
        yield from command(s, Cmd.COMPONENT_ARM_DISARM, 0, patience=patient)
    if storm.views[number].kind == "plane" and service.autopilot.facts.armed:
        way = plans.landing(storm.views[number].home)
        storm.views[number].uploaded(0, 0, way)
        yield from command(s, Cmd.DO_FENCE_ENABLE, 0, patience=patient)  # somebody's fence may stand in the way
        yield from upload(s, MissionType.MISSION, way)
        yield from set_current(s, 1, old=False)
        yield from mode(s, modes["AUTO"])
        for _ in range(300):
            yield from s.sleep(2000)
            if not service.autopilot.facts.armed:
                return True
    for attempt in range(20):
        if not service.autopilot.facts.armed:
            return True
        ways = next(ways for ways in _WAYS_HOME if ways[-1] in modes)
        wanted = ways[attempt % 3]
        yield from command(s, Cmd.DO_SET_MODE, *modes[wanted], patience=patient)
        for _ in range(60):
            yield from s.sleep(2000)
            if not service.autopilot.facts.armed:
                return True
            if wanted == "HOLD" or service.autopilot.facts.landed:
                yield from command(s, Cmd.COMPONENT_ARM_DISARM, 0, patience=patient)
    return not service.autopilot.facts.armed
