"""HEARTBEAT, AUTOPILOT_VERSION, and who is on the link."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from autopilot.mav import AutopilotType, Capability, Cmd, Component, ModeFlag, SystemState, VehicleType
from mavlink_bridge.wire.codec import dialect
from sortie.conform.case import Chapter
from sortie.conform.exchange import Exchange, NotApplicableError, Steps

heartbeat = Chapter("heartbeat")
identity = Chapter("identity")
CHAPTERS: Final = (heartbeat, identity)

_LOST_MS: Final = 3500


@heartbeat.case("regular")
def _regular(x: Exchange) -> Steps:
    beats = yield from x.collect("HEARTBEAT", 5200)
    x.check(len(beats) >= 2, f"two HEARTBEATs had to come in 5.2 s, {len(beats)} came")


@heartbeat.case("often")
def _often(x: Exchange) -> Steps:
    beats = yield from x.collect("HEARTBEAT", 6200)
    longest = max((after.at_ms - before.at_ms for before, after in pairwise(beats)), default=6200)
    x.check(longest <= _LOST_MS, f"at most {_LOST_MS} ms between two, {longest} ms passed")


@heartbeat.case("once-a-second")
def _once_a_second(x: Exchange) -> Steps:
    beats = yield from x.collect("HEARTBEAT", 10_200)
    x.check(7 <= len(beats) <= 13 or x.tries > 1, f"about 10 in 10.2 s, {len(beats)} came")


heartbeat.judge(
    lambda x: x.expect("HEARTBEAT", within_ms=_LOST_MS),
    ("type", lambda m: m.type != VehicleType.GENERIC, "the type of a vehicle, MAV_TYPE_GENERIC came"),
    ("type-known", lambda m: m.type in dialect.enums["MAV_TYPE"], "a MAV_TYPE, {m.type} came"),
    (
        "autopilot",
        lambda m: m.autopilot in dialect.enums["MAV_AUTOPILOT"] and m.autopilot != AutopilotType.INVALID,
        "a flight stack of MAV_AUTOPILOT, {m.autopilot} came",
    ),
    ("state", lambda m: m.system_status in set(SystemState), "a MAV_STATE, {m.system_status} came"),
    ("version", lambda m: m.mavlink_version == 3, "3, {m.mavlink_version} came"),
    (
        "custom-mode",
        lambda m: bool(m.base_mode & ModeFlag.CUSTOM_MODE_ENABLED) or m.custom_mode == 0,
        "the bit, base_mode {m.base_mode} with custom_mode {m.custom_mode}",
    ),
    (
        "standby",
        lambda m: bool(m.base_mode & ModeFlag.SAFETY_ARMED) or m.system_status != SystemState.ACTIVE,
        "a state of a vehicle that stands, ACTIVE came while disarmed",
    ),
)


@heartbeat.case("same-component")
def _same_component(x: Exchange) -> Steps:
    beats = yield from x.collect("HEARTBEAT", 4200)
    kinds = {(heard.message.type, heard.message.autopilot) for heard in beats}
    x.check(len(kinds) == 1, f"one type of component {x.found.component}, {sorted(kinds)} came")


@heartbeat.case("others-are-no-autopilots")
def _others(x: Exchange) -> Steps:
    yield from x.wait(2500)
    others = {number: beat for number, beat in x.found.components.items() if number != x.found.component}
    if not others:
        raise NotApplicableError("there are no other components")
    wrong = [number for number, beat in others.items() if beat.autopilot != AutopilotType.INVALID]
    x.check(not wrong, f"INVALID of components {sorted(others)}, another of {wrong}")


@heartbeat.case("autopilot-is-1")
def _component(x: Exchange) -> Steps:
    x.check(x.found.component == Component.AUTOPILOT1, f"component 1, {x.found.component} came")
    yield from x.wait(0)


# --- AUTOPILOT_VERSION ------------------------------------------------------------------------------------------------
identity.add("version", lambda x: x.requested("AUTOPILOT_VERSION"))


@identity.case("version-by-520")
def _old(x: Exchange) -> Steps:
    x.send(x.long(Cmd.REQUEST_AUTOPILOT_CAPABILITIES, 1))
    yield from x.expect("AUTOPILOT_VERSION")


@identity.case("version-stable")
def _stable(x: Exchange) -> Steps:
    first = yield from x.requested("AUTOPILOT_VERSION")
    again = yield from x.requested("AUTOPILOT_VERSION")
    x.check(first.capabilities == again.capabilities, f"{first.capabilities:#x}, {again.capabilities:#x} came")
    x.check(first.uid == again.uid, f"uid {first.uid}, {again.uid} came")


@identity.case("mavlink2")
def _mavlink2(x: Exchange) -> Steps:
    version = yield from x.requested("AUTOPILOT_VERSION")
    if not x.found.mavlink2:
        raise NotApplicableError("it speaks MAVLink 1 on this link")
    x.check(bool(version.capabilities & Capability.MAVLINK2), f"MAVLINK2, {version.capabilities:#x} came")


@identity.case("parameter-encoding")
def _encoding(x: Exchange) -> Steps:
    version = yield from x.requested("AUTOPILOT_VERSION")
    encodings = version.capabilities & (Capability.PARAM_ENCODE_BYTEWISE | Capability.PARAM_ENCODE_C_CAST)
    x.check(encodings.bit_count() == 1, f"one bit of two, {encodings:#x} came")


identity.judge(
    lambda x: x.requested("AUTOPILOT_VERSION"),
    ("mission-int", lambda m: bool(m.capabilities & Capability.MISSION_INT), "MISSION_INT, {m.capabilities:#x} came"),
    ("command-int", lambda m: bool(m.capabilities & Capability.COMMAND_INT), "COMMAND_INT, {m.capabilities:#x} came"),
    ("release", lambda m: m.flight_sw_version > 0, "a version, 0 came"),
)
identity.add("protocol-version", lambda x: x.command(x.long(Cmd.REQUEST_PROTOCOL_VERSION, 1)))


@identity.case("same-system")
def _same_system(x: Exchange) -> Steps:
    beats = yield from x.collect("HEARTBEAT", 2200)
    x.check(all(heard.frame.system == x.found.system for heard in beats), "one system")
