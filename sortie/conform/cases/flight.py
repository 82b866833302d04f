"""Cases for simulators only: signing, sticks, arming and flying, setpoints, injected failures."""

from __future__ import annotations

from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.mav import Cmd, FailureType, FailureUnit, Frame, ModeFlag, PositionMask, Result, VehicleType
from mavlink_bridge.clients.heartbeat import heartbeat_of
from mavlink_bridge.routing.service import Message
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.signing import KEY_SIZE, Signing
from sortie.conform.case import Chapter
from sortie.conform.exchange import (
    ABSENT_SYSTEM,
    STATION,
    Exchange,
    NotApplicableError,
    Steps,
    UntestedError,
    Waiting,
    is_of_query,
)

signing = Chapter("signing")
manual = Chapter("manual-control")
arming = Chapter("arming")
setpoint = Chapter("setpoint")
failure = Chapter("failure")
# Sticks come last, because a vehicle without them afterwards does not arm.
CHAPTERS: Final = (signing, failure, arming, setpoint, manual)

_KEY: Final = bytes(range(7, 7 + KEY_SIZE))
_STAMP: Final = 40_000_000_000_000
_UP_M: Final = 6.0


# --- signing ----------------------------------------------------------------------------------------------------------
def _signer(x: Exchange, key: bytes = _KEY) -> Signing:
    """Return a signer whose stamps are later than those of the cases before."""
    return Signing(key, _STAMP + 100 * x.now_ms)


def _keyed(x: Exchange) -> Waiting[Signing]:
    """Set a key, and send a signed HEARTBEAT as stations do: a vehicle may store a stamp far ahead before it accepts
    it, so that no frame is accepted twice, also after a restart."""
    x.send(dialect.MAVLink_setup_signing_message(*x.ids, list(_KEY), _STAMP))
    x.undo("signing key", _unkeyed(x))
    yield from x.wait(300)
    signer = _signer(x)
    x.send_bytes(signer.sign(x.frame(heartbeat_of(VehicleType.GCS)), 1), "HEARTBEAT, signed")
    yield from x.wait(300)
    return signer


def _unkeyed(x: Exchange) -> Steps:
    signer = _signer(x)
    for _ in range(2):
        nothing = dialect.MAVLink_setup_signing_message(*x.ids, [0] * KEY_SIZE, 0)
        x.send_bytes(signer.sign(x.frame(nothing), 1), "SETUP_SIGNING with a key of zeros, signed")
        yield from x.wait(200)


@signing.case("accepted")
def _accepted(x: Exchange) -> Steps:
    signer = yield from _keyed(x)
    x.send_bytes(signer.sign(x.frame(x.query()), 1), "REQUEST_MESSAGE, signed")
    yield from x.expect("COMMAND_ACK", is_of_query)


@signing.case("wrong-key")
def _wrong_key(x: Exchange) -> Steps:
    yield from _keyed(x)
    yield from _asks_for_signing(x)
    other = _signer(x, bytes(KEY_SIZE - 1) + b"\x01")
    x.send_bytes(other.sign(x.frame(x.query()), 1), "REQUEST_MESSAGE, signed with another key")
    yield from x.silent("COMMAND_ACK", is_of_query)


@signing.case("replay")
def _replay(x: Exchange) -> Steps:
    signer = yield from _keyed(x)
    yield from _asks_for_signing(x)
    frame = signer.sign(x.frame(x.query()), 1)
    x.send_bytes(frame, "REQUEST_MESSAGE, signed")
    yield from x.expect("COMMAND_ACK", is_of_query)
    x.send_bytes(frame, "the same frame once more")
    yield from x.silent("COMMAND_ACK", is_of_query)


def _asks_for_signing(x: Exchange) -> Steps:
    """Skip the case on a trusted link: the guide allows unsigned messages on USB and similar links."""
    x.send(x.query())
    if (yield from x.hear("COMMAND_ACK", is_of_query, 700)) is not None:
        raise NotApplicableError("it takes unsigned messages on this link")


@signing.case("answers")
def _answers(x: Exchange) -> Steps:
    yield from _accepted(x)
    end_ms, signed = x.now_ms + 1500, False
    while (heard := (yield end_ms)) is not None:
        signed = signed or heard.frame.signed
    x.check(signed, "signed frames, none came")


@signing.case("not-forwarded")
def _not_forwarded(x: Exchange) -> Steps:
    yield from _keyed(x)
    yield from x.silent("SETUP_SIGNING")


@signing.case("ended")
def _ended(x: Exchange) -> Steps:
    yield from _keyed(x)
    yield from _unkeyed(x)
    yield from x.accepted(x.query())


# --- sticks -----------------------------------------------------------------------------------------------------------
def _stick(x: Exchange, throttle: int, system: int | None = None) -> Message:
    return dialect.MAVLink_manual_control_message(x.found.system if system is None else system, 0, 0, throttle, 0, 0)


def _keeps_sending(x: Exchange, message: Message, times: int = 10) -> Steps:
    """Send a message ten times a second."""
    for _ in range(times):
        x.send(message)
        yield from x.wait(100)


def _stays_disarmed(x: Exchange, message: Message) -> Steps:
    """Send a message by which a vehicle must not arm."""
    yield from _keeps_sending(x, message)
    beat = yield from x.expect("HEARTBEAT", within_ms=3500)
    x.check(not beat.base_mode & ModeFlag.SAFETY_ARMED, "disarmed")


manual.add("does-not-arm", lambda x: _stays_disarmed(x, _stick(x, 500)))


@manual.case("shown")
def _shown(x: Exchange) -> Steps:
    yield from x.available("RC_CHANNELS")
    yield from _keeps_sending(x, _stick(x, 700))
    channels = yield from x.requested("RC_CHANNELS")
    # 1700 us where the throttle's axis begins at 0; 1850 us where it begins at -1000, as for what also drives backwards
    x.check(1600 <= channels.chan3_raw <= 1900, f"from 1600 to 1900 us on channel 3, {channels.chan3_raw} came")


@manual.case("other-system")
def _other_sticks(x: Exchange) -> Steps:
    yield from x.wait(4000)
    before = yield from x.available("RC_CHANNELS")
    yield from _keeps_sending(x, _stick(x, 910, ABSENT_SYSTEM))
    channels = yield from x.requested("RC_CHANNELS")
    x.check(
        abs(channels.chan3_raw - before.chan3_raw) < 100, f"{before.chan3_raw} on channel 3, {channels.chan3_raw} came"
    )


# --- failures ---------------------------------------------------------------------------------------------------------
failure.add("answered", lambda x: x.command(x.long(Cmd.INJECT_FAILURE, FailureUnit.GPS, FailureType.OK, 0)))


@failure.case("acts")
def _failure_acts(x: Exchange) -> Steps:
    ack = yield from x.command(x.long(Cmd.INJECT_FAILURE, FailureUnit.GPS, FailureType.OFF, 0))
    if ack.result != Result.ACCEPTED:
        raise NotApplicableError("it lets no failure be injected")
    x.undo("GPS", _failure_ends(x))
    yield from x.wait(3000)
    message = yield from x.available("GPS_RAW_INT")
    x.check(message.fix_type < dialect.GPS_FIX_TYPE_3D_FIX, f"no fix, {message.fix_type} came")


def _failure_ends(x: Exchange) -> Steps:
    yield from x.accepted(x.long(Cmd.INJECT_FAILURE, FailureUnit.GPS, FailureType.OK, 0))
    yield from x.wait(12_000)


# --- arming -----------------------------------------------------------------------------------------------------------
def _arm(x: Exchange) -> Steps:
    """Arm in a mode that flies to a place; may need some time after boot."""
    firmware = x.target.firmware
    yield from x.command(x.long(Cmd.DO_SET_MODE, *firmware.set_mode_params(firmware.vehicle_class.modes.guided)))
    x.undo("armed motors", _disarm(x))
    for _ in range(12):
        ack = yield from x.command(x.long(Cmd.COMPONENT_ARM_DISARM, 1))
        if ack.result == Result.ACCEPTED:
            return
        yield from x.wait(5000)
    raise UntestedError("it does not let itself be armed")


def _disarm(x: Exchange) -> Steps:
    beat = yield from x.expect("HEARTBEAT", within_ms=3500)
    if beat.base_mode & ModeFlag.SAFETY_ARMED:
        yield from x.accepted(x.long(Cmd.COMPONENT_ARM_DISARM, 0, 21196))


@arming.case("shown")
def _armed_shown(x: Exchange) -> Steps:
    yield from _arm(x)
    yield from x.expect("HEARTBEAT", lambda beat: bool(beat.base_mode & ModeFlag.SAFETY_ARMED), within_ms=4000)


@arming.case("disarm")
def _disarmed_shown(x: Exchange) -> Steps:
    yield from _arm(x)
    yield from x.accepted(x.long(Cmd.COMPONENT_ARM_DISARM, 0))
    yield from x.expect("HEARTBEAT", lambda beat: not beat.base_mode & ModeFlag.SAFETY_ARMED, within_ms=4000)


@arming.case("again")
def _armed_again(x: Exchange) -> Steps:
    yield from _arm(x)
    yield from x.accepted(x.long(Cmd.COMPONENT_ARM_DISARM, 1))


arming.add(
    "other-system",
    lambda x: x.unanswered(
        x.long(Cmd.COMPONENT_ARM_DISARM, 1, target=(ABSENT_SYSTEM, 1)),
        "HEARTBEAT",
        lambda beat: bool(beat.base_mode & ModeFlag.SAFETY_ARMED),
        for_ms=2500,
    ),
)


@arming.case("no-calibration")
def _no_calibration(x: Exchange) -> Steps:
    yield from _arm(x)
    yield from x.refused(x.long(Cmd.PREFLIGHT_CALIBRATION, 1))


@arming.case("no-reboot")
def _no_reboot(x: Exchange) -> Steps:
    yield from _arm(x)
    yield from x.refused(x.long(Cmd.PREFLIGHT_REBOOT_SHUTDOWN, 1))


# --- setpoints --------------------------------------------------------------------------------------------------------
_VELOCITY: Final = sum(mask for mask in PositionMask if mask not in (
    PositionMask.VX_IGNORE, PositionMask.VY_IGNORE, PositionMask.VZ_IGNORE, PositionMask.FORCE_SET,
))  # fmt: skip


def _velocity(x: Exchange, north_mps: float, target: tuple[int, int] | None = None) -> Message:
    return dialect.MAVLink_set_position_target_local_ned_message(
        0, *(target or x.ids), Frame.LOCAL_NED, _VELOCITY, 0, 0, 0, north_mps, 0, 0, 0, 0, 0, 0, 0
    )


setpoint.add("disarmed", lambda x: _stays_disarmed(x, _velocity(x, 2.0)))


@setpoint.case("followed")
def _followed(x: Exchange) -> Steps:
    yield from _up(x)
    before = yield from _whereabouts(x, "LOCAL_POSITION_NED")
    mode = x.target.firmware.velocity_mode
    for step in range(40):
        x.send(_velocity(x, 3.0))
        if step == 10 and mode is not None:
            x.send(x.long(Cmd.DO_SET_MODE, *mode[1]))
        yield from x.wait(100)
    after = yield from _whereabouts(x, "LOCAL_POSITION_NED")
    x.check(after.x - before.x > 3.0, f"some metres to the north, {after.x - before.x:.1f} m came")


@setpoint.case("other-system")
def _setpoint_other(x: Exchange) -> Steps:
    yield from _up(x)
    before = yield from _whereabouts(x, "LOCAL_POSITION_NED")
    yield from _keeps_sending(x, _velocity(x, 3.0, (ABSENT_SYSTEM, 1)), 30)
    after = yield from _whereabouts(x, "LOCAL_POSITION_NED")
    x.check(abs(after.x - before.x) < 2.0, f"no way, {after.x - before.x:.1f} m came")


def _whereabouts(x: Exchange, name: str) -> Waiting[Message]:
    """Request the position, or wait for it: PX4 denies a message without a newer value than the last one sent."""
    _, message = yield from x.request(name)
    return message or (yield from x.expect(name, within_ms=3000))


def _up(x: Exchange) -> Steps:
    if not x.target.firmware.vehicle_class.hovers:
        raise NotApplicableError("it does not hover")
    yield from _arm(x)
    x.undo("flight", _down(x))
    x.check(STATION[0] != x.found.system, "another system than ours")
    message = yield from _whereabouts(x, "GLOBAL_POSITION_INT")
    above = GeoPoint(message.lat / 1e7, message.lon / 1e7, message.alt / 1000.0 + _UP_M)
    order = x.target.firmware.take_off(_UP_M, above)
    ack = yield from x.command(x.long(order.number, *order.params))
    if ack.result != Result.ACCEPTED:
        raise UntestedError(f"it does not take off when it is asked to (result {ack.result})")
    for _ in range(40):
        yield from x.wait(1000)
        message = yield from _whereabouts(x, "LOCAL_POSITION_NED")
        if message.z < -4.5:
            return
    raise UntestedError("it did not come up")


def _down(x: Exchange) -> Steps:
    yield from x.command(x.long(Cmd.NAV_LAND))
    for _ in range(60):
        yield from x.wait(1000)
        if not x.found.armed:
            return
