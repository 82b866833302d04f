"""Messages that are sent and received on links."""

from __future__ import annotations

from collections import deque

from autopilot.context.events import Event
from autopilot.mav import Cmd, Result
from mavlink_bridge.wire.framing import FrameReader
from tests.storm.invariant import When, Where, invariant, noted
from tests.storm.station import Message, Station
from tests.storm.view import HEARTBEAT, Peer, View

LONGEST_BEAT_MS = 2_000
_TURN_MS = 1 << 32
"""At which time_boot_ms overflows."""


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.1", "HEARTBEAT", where=Where.BOTH)
def a_heartbeat_is_sent_every_two_seconds(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """Between two HEARTBEATs on a link there are at most 2 s of vehicle time. Exception: its station has asked for
    another interval, or for none (SET_MESSAGE_INTERVAL), as ArduPilot lets it."""
    if frame[6] != 1 or "own beat" in peer.memory:
        return None
    last = peer.memory.get("beat")
    peer.memory["beat"] = view.now_ms
    if last is None or view.now_ms - last <= LONGEST_BEAT_MS or _muted(view, last):
        return None
    return f"{view.now_ms - last} ms without a HEARTBEAT to {peer.station.name}"


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.1", where=Where.BOTH)
def a_heartbeat_is_never_missing(view: View) -> str | None:
    """A connected station has received a HEARTBEAT within the last 2.5 s of vehicle time. Exception: it has asked for
    another interval, or for none."""
    if view.service.endpoint.muted:
        view.life.setdefault("muted", {})["at"] = view.now_ms
        return None
    for peer in view.peers.values():
        last = None if "own beat" in peer.memory else peer.memory.get("beat")
        if last is None or peer.station.link is not peer.memory["link"] or _muted(view, last):
            continue
        if view.now_ms - last > LONGEST_BEAT_MS + 500:
            return f"{view.now_ms - last} ms without a HEARTBEAT to {peer.station.name}"
    return None


def _muted(view: View, since_ms: int) -> bool:
    return view.service.endpoint.muted or bool(view.life.get("muted", {}).get("at", -1) >= since_ms)


@noted("COMMAND_LONG", "COMMAND_INT")
def _count(view: View, message: Message, peer: Peer) -> None:
    if message.target_system not in (0, view.service.endpoint.system_id):
        return
    peer.came["for any component", message.command] += 1  # the autopilot answers for those that are not there
    if message.command == Cmd.SET_MESSAGE_INTERVAL and message.param1 == HEARTBEAT:
        peer.memory["own beat"] = True
    if message.target_component in (0, 1):
        peer.came["command", message.command] += 1
        peer.memory["asked", message.command] = view.now_ms
        view.life.setdefault("commands", {}).setdefault("at", deque(maxlen=20_000)).append(view.now_ms)


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.2", "COMMAND_ACK", where=Where.BOTH)
def a_command_is_answered_once(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """A link carries at most one final COMMAND_ACK for each time that the command was received on it."""
    if message.result == Result.IN_PROGRESS:
        return None
    peer.left["command", message.command] += 1
    peer.memory["answered", message.command] = view.now_ms
    came, left = peer.came["for any component", message.command], peer.left["command", message.command]
    return None if left <= came else f"command {message.command}: {left} answers to {came} requests"


ANSWER_MS = 45_000
_IN_PROGRESS = frozenset((Cmd.COMPONENT_ARM_DISARM, Cmd.DO_SET_MODE, Cmd.PREFLIGHT_CALIBRATION, Cmd.USER_1,
                          Cmd.MISSION_START, Cmd.DO_SET_MISSION_CURRENT))  # fmt: skip
"""Commands that may take a while, the last two while a mission is being stored: one answer is enough for a repeated
one."""


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.2", where=Where.BOTH)
def a_command_is_answered(view: View) -> str | None:
    """Every command has a final COMMAND_ACK within 45 s (arming takes up to 30 s) if its link is still open. A command
    that is repeated while it is in progress has one for both."""
    for peer in view.peers.values():
        if not view.must_answer(peer):
            continue
        for (what, number), came in peer.came.items():
            asked_ms = peer.memory.get(("asked", number), view.now_ms)
            if what != "command" or peer.left[what, number] >= came or view.now_ms - asked_ms < ANSWER_MS:
                continue
            answered_ms = peer.memory.get(("answered", number), -1)
            if number in _IN_PROGRESS and answered_ms >= asked_ms:
                continue
            if not _muted(view, asked_ms) and number != Cmd.PREFLIGHT_REBOOT_SHUTDOWN:
                return (
                    f"command {number} of {peer.station.name} had {peer.left[what, number]} answers, came {came} times"
                )
    return None


@invariant(When.END, "docs/reliability.md, Storms", where=Where.BOTH)
def a_parameter_is_taken_after_the_storm(view: View, rescuer: Station) -> str | None:
    """When all faults are over, a parameter that is set over a good link has that value."""
    found = dict(rescuer.finished).get("last set")
    wanted = next(iter(view.parameters.values()))[1]
    return None if found == wanted else f"set to {wanted:g}, reported {found}"


ADDRESSED = ("COMMAND_ACK", "MISSION_ACK", "MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_COUNT", "MISSION_ITEM",
             "MISSION_ITEM_INT")  # fmt: skip


@invariant(When.SENT, "docs/reference/mission-semantics.md, 2.1", *ADDRESSED, where=Where.BOTH)
def answers_go_to_the_requester(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """The target system and component of an answer have been received on the same link."""
    if message.get_type() in ("MISSION_ITEM", "MISSION_ITEM_INT") and message.seq == 0:
        return None  # home may be sent to all
    heard = peer.memory.get("heard", set())
    asker = message.target_system, message.target_component
    return None if asker in heard or asker == (0, 0) else f"{message.get_type()} to {asker}, known {sorted(heard)}"


@invariant(When.SENT, "https://mavlink.io/en/guide/serialization.html", "HEARTBEAT", where=Where.BOTH)
def a_frame_is_valid(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """The checksum of a sent frame is correct."""
    found = FrameReader().receive(bytes(frame))
    return None if len(found) == 1 and found[0].known else "a frame with a wrong checksum"


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.3", "HEARTBEAT")
def a_heartbeat_shows_the_vehicle(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """The armed bit and mode of HEARTBEAT are those of the vehicle; at most three in a row, or those of 2 s, may be
    older, because they waited in the send queue."""
    if frame[6] != 1 or view.plan.firmware != "ardupilot":
        return None
    autopilot, now_ms = view.service.autopilot, view.now_ms
    memory = peer.memory.setdefault("truth", {"lies": 0, "at": now_ms})
    told = bool(message.base_mode & 128), message.custom_mode
    if told == (autopilot.facts.armed, autopilot.modes.spec.number):
        memory["lies"] = 0
        return None
    memory.update(lies=memory["lies"] + 1, at=memory["at"] if memory["lies"] else now_ms)
    if memory["lies"] < 4 or now_ms - memory["at"] < LONGEST_BEAT_MS:
        return None
    return f"it reports {told}, for {memory['lies']} HEARTBEATs"


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.3", "HEARTBEAT", where=Where.BOTH)
def an_identity_stays(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """Type and autopilot of HEARTBEAT never change, also over restarts."""
    if frame[6] != 1:
        return None
    known = view.memory.setdefault("identity", {"is": (message.type, message.autopilot)})
    now = message.type, message.autopilot
    return None if known["is"] == now else f"{now} after {known['is']}"


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.2", "AUTOPILOT_VERSION", where=Where.BOTH)
def a_version_stays(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """The uid and capabilities of AUTOPILOT_VERSION never change, also over restarts."""
    now = message.uid, bytes(message.uid2), message.capabilities
    known = view.memory.setdefault("version", {"is": now})
    return None if known["is"] == now else f"{now} after {known['is']}"


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.8", "PARAM_VALUE", where=Where.BOTH)
def a_parameter_list_stays(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """param_count and the type of a parameter never change, and param_index is below param_count."""
    peer.memory.get("parameter waits", {}).pop(message.param_id, None)
    memory = view.memory.setdefault("parameters", {"count": message.param_count})
    if message.param_count != memory["count"]:
        return f"{message.param_count} parameters, {memory['count']} before"
    if message.param_index != 65535 and message.param_index >= message.param_count:
        return f"index {message.param_index} of {message.param_count}"
    kind = memory.setdefault(message.param_id, message.param_type)
    return None if kind == message.param_type else f"{message.param_id} is of type {message.param_type}, was {kind}"


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.6", "STATUSTEXT", where=Where.BOTH)
def a_text_is_plain(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """STATUSTEXT is printable ASCII with a severity from 0 to 7. Only the last chunk of a long text may be empty."""
    text = message.text if isinstance(message.text, str) else message.text.rstrip(b"\0").decode("ascii", "replace")
    plain = all(32 <= ord(letter) < 127 or letter in "\t\n" for letter in text)
    if plain and (text or message.chunk_seq) and message.severity <= 7:
        return None
    return f"severity {message.severity}, text {text!r}"


def _homes(view: View) -> set[tuple[int, int]]:
    """Homes of this life with that of now, 1e-7 degrees."""
    homes: set[tuple[int, int]] = view.life.setdefault("homes", {"known": set()})["known"]
    home = view.service.autopilot.facts.home
    if home is not None:
        homes.add((round(home.lat * 1e7), round(home.lon * 1e7)))
    return homes


@noted("HomeChanged")
def _remember_home(view: View, event: Event, peer: Peer | None) -> None:
    _homes(view)


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.5", "HOME_POSITION")
def the_reported_home_is_home(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """HOME_POSITION is the vehicle's home, and never 0, 0."""
    home = view.service.autopilot.facts.home
    if message.latitude == 0 and message.longitude == 0:
        return "home is reported as 0/0"
    told = message.latitude, message.longitude
    known = any(abs(told[0] - lat) <= 1 and abs(told[1] - lon) <= 1 for lat, lon in _homes(view))
    return None if known else f"{told} is reported, home is {home}"


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.1", "SYS_STATUS", where=Where.BOTH)
def a_battery_is_reported_in_percent(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """battery_remaining of SYS_STATUS is 0 to 100 %, or -1, and increases by at most 3 % from one message to the
    next."""
    known = peer.memory if view.storm.machine.real else view.life  # a real process reboots within its life
    memory = known.setdefault("battery", {"last": 100})
    now = message.battery_remaining
    before, memory["last"] = memory["last"], now
    return None if -1 <= now <= 100 and now <= before + 3 else f"{now} % after {before} %"


@invariant(
    When.SENT,
    "docs/reference/ground-stations.md, 1.1",
    "GLOBAL_POSITION_INT",
    "SYSTEM_TIME",
    "ATTITUDE",
    where=Where.BOTH,
)
def reported_time_does_not_go_back(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """time_boot_ms of a message never decreases, except when its 32 bits overflow after 49.7 days, and is not more than
    20 s ahead of vehicle time."""
    name, now_ms = message.get_type(), view.vehicle_ms
    told_ms = message.time_boot_ms + (now_ms - message.time_boot_ms + _TURN_MS // 2) // _TURN_MS * _TURN_MS
    last_ms = peer.memory.get(("time", name), 0)
    peer.memory["time", name] = told_ms
    if told_ms < last_ms:
        return f"{name}: {told_ms} after {last_ms}"
    ahead = told_ms - now_ms
    return None if ahead <= 20_020 else f"{name} is {ahead} ms ahead"


@invariant(When.SENT, "docs/reliability.md, Clocks", "SYSTEM_TIME", where=Where.BOTH)
def reported_utc_follows_vehicle_time(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """time_unix_usec and time_boot_ms of SYSTEM_TIME increase together on a link, also when the system clock is
    changed."""
    boot_ms = round(message.time_unix_usec / 1000) - message.time_boot_ms
    known = peer.memory.setdefault("UTC", boot_ms)
    jump_ms = (boot_ms - known + _TURN_MS // 2) % _TURN_MS - _TURN_MS // 2
    return None if abs(jump_ms) <= 1 else f"it has jumped by {jump_ms} ms"


@invariant(When.SENT, "https://mavlink.io/en/guide/packet_loss.html", "HEARTBEAT", where=Where.BOTH)
def sequence_numbers_count_frames(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """Between two HEARTBEATs the sequence number increases by the number of frames sent. Exception: a radio's line,
    which drops telemetry for which it has no time."""
    gap = peer.memory.pop("gap", None)
    return None if peer.station.radio or _muted(view, view.now_ms - 60_000) else gap


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.9", where=Where.BOTH)
def mission_requests_are_answered(view: View) -> str | None:
    """MISSION_REQUEST_LIST, MISSION_CLEAR_ALL and MISSION_COUNT are answered within 20 s, by MISSION_COUNT,
    MISSION_REQUEST or MISSION_ACK."""
    for peer in view.peers.values():
        waits = peer.memory.get("mission waits")
        if waits is None or not view.must_answer(peer):
            continue
        for what, since in waits.items():
            if view.now_ms - since > 20_000 and not _muted(view, since):
                return f"{what} of {peer.station.name} has no answer for {view.now_ms - since} ms"
    return None


@noted("MISSION_REQUEST_LIST", "MISSION_CLEAR_ALL", "MISSION_COUNT")
def _mission_asked(view: View, message: Message, peer: Peer) -> None:
    if message.target_system == view.service.endpoint.system_id and message.target_component in (0, 1):
        waits = peer.memory.setdefault("mission waits", {})
        waits.setdefault((message.get_type(), message.mission_type), view.now_ms)


_ANSWERS = {
    "MISSION_COUNT": ("MISSION_REQUEST_LIST",),
    "MISSION_ACK": ("MISSION_CLEAR_ALL", "MISSION_COUNT", "MISSION_REQUEST_LIST"),
    "MISSION_REQUEST": ("MISSION_COUNT",),
    "MISSION_REQUEST_INT": ("MISSION_COUNT",),
}


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.9", *_ANSWERS, where=Where.BOTH)
def a_mission_answer_is_of_a_known_kind(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """Answers of the mission protocol have mission_type 0, 1 or 2, or 255 for all."""
    waits = peer.memory.get("mission waits", {})
    for asked in _ANSWERS[message.get_type()]:
        waits.pop((asked, message.mission_type), None)
    known = message.mission_type in (0, 1, 2, 255) or message.get_type() == "MISSION_ACK"
    return None if known else f"{message.get_type()} of type {message.mission_type}"


@noted("PARAM_SET", "PARAM_REQUEST_READ")
def _parameter_asked(view: View, message: Message, peer: Peer) -> None:
    named = message.get_type() == "PARAM_SET" or message.param_index < 0
    if named and message.target_system == view.service.endpoint.system_id and message.param_id in view.parameters:
        waits = peer.memory.setdefault("parameter waits", {})
        waits.setdefault(message.param_id, view.now_ms)


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.8", where=Where.BOTH)
def parameter_requests_are_answered(view: View) -> str | None:
    """A parameter that is set or read by name is sent on that link within 20 s."""
    for peer in view.peers.values():
        waits = peer.memory.get("parameter waits", {})
        if not waits or not view.must_answer(peer):
            continue
        for name, since in waits.items():
            if view.now_ms - since > 20_000 and not _muted(view, since):
                return f"{name} was not sent to {peer.station.name} for {view.now_ms - since} ms"
    return None


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.8", "PARAM_VALUE")
def a_reported_parameter_exists(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """PARAM_VALUE has the name of a parameter of the vehicle (or _HASH_CHECK)."""
    known = message.param_id in view.service.served or message.param_id == "_HASH_CHECK"
    return None if known else f"PARAM_VALUE of {message.param_id}"


@invariant(When.PASSED_ON, "https://mavlink.io/en/guide/routing.html", where=Where.BOTH)
def a_frame_is_not_sent_back(view: View, peer: Peer, frame: bytes) -> str | None:
    """A frame is not forwarded to the link from which it was received."""
    origins = view.origins.get(frame)
    return f"a frame of {peer.station.name} comes back to it" if origins == {peer.station.name} else None


@noted("PARAM_REQUEST_LIST")
def _list_asked(view: View, message: Message, peer: Peer) -> None:
    if message.target_system == view.service.endpoint.system_id:
        peer.memory["list"] = view.now_ms, set(), set()


@noted("PARAM_REQUEST_READ")
def _index_asked(view: View, message: Message, peer: Peer) -> None:
    if message.target_system == view.service.endpoint.system_id and message.param_index >= 0 and "list" in peer.memory:
        peer.memory["list"][2].add(message.param_index)


@invariant(When.SENT, "docs/reference/ground-stations.md, 1.8", "PARAM_VALUE")
def a_parameter_index_is_that_of_the_list(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """param_index of PARAM_VALUE is the index of that parameter in the list, or 65535."""
    _, seen, read = peer.memory.get("list", (0, set(), set()))
    if message.param_index in read:
        read.remove(message.param_index)  # the answer to a read of its own
    else:
        seen.add(message.param_index)
    if message.param_index == 65535:
        return None
    name = view.service.served.names()[message.param_index]
    return None if name == message.param_id else f"{message.param_id} at {message.param_index}, where {name} is"


LIST_MS, LIST_BY_RADIO_MS = 30_000, 300_000


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.8")
def a_list_of_parameters_is_whole(view: View) -> str | None:
    """Within 30 s of PARAM_REQUEST_LIST, by a slow radio 300 s, every parameter is sent on that link."""
    for peer in view.peers.values():
        asked, within_ms = peer.memory.get("list"), LIST_BY_RADIO_MS if peer.station.radio else LIST_MS
        if asked is None or view.now_ms - asked[0] < within_ms:
            continue
        del peer.memory["list"]
        missing = set(range(len(view.service.served))) - asked[1]
        if missing and view.must_answer(peer) and not _muted(view, asked[0]):
            return f"{len(missing)} parameters were not sent to {peer.station.name}, the first is {min(missing)}"
    return None
