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
_VERSION: Final = 3


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


@heartbeat.case("type")
def _type(x: Exchange) -> Steps:
    beat = yield from x.expect("HEARTBEAT", within_ms=_LOST_MS)
    x.check(beat.type != VehicleType.GENERIC, "the type of a vehicle, MAV_TYPE_GENERIC came")


@heartbeat.case("type-known")
def _type_known(x: Exchange) -> Steps:
    beat = yield from x.expect("HEARTBEAT", within_ms=_LOST_MS)
    x.check(beat.type in dialect.enums["MAV_TYPE"], f"a MAV_TYPE, {beat.type} came")


@heartbeat.case("autopilot")
def _autopilot(x: Exchange) -> Steps:
    beat = yield from x.expect("HEARTBEAT", within_ms=_LOST_MS)
    known = beat.autopilot in dialect.enums["MAV_AUTOPILOT"] and beat.autopilot != AutopilotType.INVALID
    x.check(known, f"a flight stack of MAV_AUTOPILOT, {beat.autopilot} came")


@heartbeat.case("state")
def _state(x: Exchange) -> Steps:
    beat = yield from x.expect("HEARTBEAT", within_ms=_LOST_MS)
    x.check(beat.system_status in set(SystemState), f"a MAV_STATE, {beat.system_status} came")


@heartbeat.case("version")
def _mavlink_version(x: Exchange) -> Steps:
    beat = yield from x.expect("HEARTBEAT", within_ms=_LOST_MS)
    x.check(beat.mavlink_version == _VERSION, f"{_VERSION}, {beat.mavlink_version} came")


@heartbeat.case("custom-mode")
def _custom_mode(x: Exchange) -> Steps:
    beat = yield from x.expect("HEARTBEAT", within_ms=_LOST_MS)
    marked = bool(beat.base_mode & ModeFlag.CUSTOM_MODE_ENABLED)
    x.check(marked or beat.custom_mode == 0, f"the bit, base_mode {beat.base_mode} with custom_mode {beat.custom_mode}")


@heartbeat.case("standby")
def _standby(x: Exchange) -> Steps:
    beat = yield from x.expect("HEARTBEAT", within_ms=_LOST_MS)
    armed, active = beat.base_mode & ModeFlag.SAFETY_ARMED, beat.system_status == SystemState.ACTIVE
    x.check(bool(armed) or not active, "a state of a vehicle that stands, ACTIVE came while disarmed")


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


@identity.case("mission-int")
def _mission_int(x: Exchange) -> Steps:
    version = yield from x.requested("AUTOPILOT_VERSION")
    x.check(bool(version.capabilities & Capability.MISSION_INT), f"MISSION_INT, {version.capabilities:#x} came")


@identity.case("command-int")
def _command_int(x: Exchange) -> Steps:
    version = yield from x.requested("AUTOPILOT_VERSION")
    x.check(bool(version.capabilities & Capability.COMMAND_INT), f"COMMAND_INT, {version.capabilities:#x} came")


@identity.case("release")
def _release(x: Exchange) -> Steps:
    version = yield from x.requested("AUTOPILOT_VERSION")
    x.check(version.flight_sw_version > 0, "a version, 0 came")


identity.add("protocol-version", lambda x: x.command(x.long(Cmd.REQUEST_PROTOCOL_VERSION, 1)))


@identity.case("same-system")
def _same_system(x: Exchange) -> Steps:
    beats = yield from x.collect("HEARTBEAT", 2200)
    x.check(all(heard.frame.system == x.found.system for heard in beats), "one system")
