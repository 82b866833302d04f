"""Sortie before a flight controller."""

from __future__ import annotations

from autopilot.mav import Cmd
from mavlink_bridge.routing.endpoint import OVERFLOW
from tests.storm.invariant import When, invariant
from tests.storm.plans import marks
from tests.storm.relay_storm import RelayStorm

COMPANION = "docs/reference/real-vehicles.md, 2"
LONGEST_BEAT_MS, LONGEST_LINE_BEAT_MS = 3_000, 2_000
ASKED_MS = 150_000


def _troubled(storm: RelayStorm) -> bool:
    return bool(storm.now_ms < storm.memory["trouble"]["until"]) or storm.line.air.loss > 0.1


@invariant(When.RELAY_PASS, COMPANION)
def a_heartbeat_comes_through_a_relay(storm: RelayStorm) -> str | None:
    """While HEARTBEATs of the controller come, at least every two seconds, every station receives one at least every
    three seconds."""
    if _troubled(storm) or storm.now_ms - storm.line_beat_ms > LONGEST_LINE_BEAT_MS:
        return None
    for peer in storm.peers.values():
        if storm.now_ms - peer.beat_ms > LONGEST_BEAT_MS:
            return f"{storm.now_ms - peer.beat_ms} ms without a HEARTBEAT to {peer.station.name}"
    return None


@invariant(When.RELAY_PASS, COMPANION)
def a_relay_answers_no_command_twice(storm: RelayStorm) -> str | None:
    """A link carries at most one final COMMAND_ACK for each time that the command was sent on any link (stations share
    ids); for DO_SET_MODE PX4 sends two."""
    for peer in storm.peers.values():
        for command, answers in peer.answered.items():
            asked = storm.asked[command] * (2 if storm.plan.px4 and command == Cmd.DO_SET_MODE else 1)
            if answers > asked:
                return f"command {command} of {peer.station.name}: {answers} answers to {asked} requests"
    return None


@invariant(When.RELAY_PASS, COMPANION)
def a_plan_behind_a_relay_is_whole(storm: RelayStorm) -> str | None:
    """The mission, the fence and the rally points that Sortie has read are each those of one upload."""
    plans = storm.bench.autopilot.plans
    for kind, storage in enumerate((plans.mission, plans.fence, plans.rally)):
        found = marks(storage.items())
        if len(found) > 1:
            return f"plan {kind} has items of the uploads {sorted(found)}"
    return None


@invariant(When.RELAY_PASS, COMPANION)
def no_controller_is_armed_without_a_request(storm: RelayStorm) -> str | None:
    """The controller arms only within 150 s (the longest time that arming takes) of a frame from a station."""
    memory = storm.memory.setdefault("armed", {"is": False})
    before, memory["is"] = memory["is"], bool(storm.bench.controller.armed)
    if before or not memory["is"]:
        return None
    asked_ms = storm.memory.get("asked", {}).get("at", -ASKED_MS)
    return None if storm.now_ms - asked_ms < ASKED_MS else "armed without a request"


@invariant(When.RELAY_PASS, "docs/reliability.md, Links")
def a_relay_queue_stays_within_its_limit(storm: RelayStorm) -> str | None:
    """The send queues of the controller's link and of the stations' links never exceed the overflow limit by more than
    one burst (64 KiB)."""
    for endpoint in (storm.bench.link, storm.bench.service.endpoint):
        for link in endpoint.links():
            if endpoint.out_queue(link).size > OVERFLOW + 64 * 1024:
                return f"{endpoint.out_queue(link).size} bytes wait on link {link}"
    return None


@invariant(When.RELAY_END, "docs/reliability.md, Storms")
def a_controller_is_down_at_the_end(storm: RelayStorm) -> str | None:
    """Within ten minutes after the last fault, an operator who repeats commands has landed and disarmed the vehicle."""
    return None if not storm.bench.controller.armed else f"still armed: {storm.bench.story()}"
