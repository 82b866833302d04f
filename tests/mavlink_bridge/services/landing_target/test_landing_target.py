"""LANDING_TARGET: what a companion tells is landed on; what the simulator's sensor sees is told."""

from __future__ import annotations

from math import atan2, cos, hypot, inf, nan, pi, sin
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.mav import Cmd, Frame, Result
from autopilot.precision.tracker import Look
from mavlink_bridge.services.landing_target.service import LANDING_TARGET, look_of, message_of
from mavlink_bridge.wire.codec import dialect
from sortie import Fleet, Session

HOME = GeoPoint(-35.363261, 149.165230, 584.0)


def target(angle_x: float = 0.0, angle_y: float = 0.0, distance: float = 5.0, **place: Any) -> Any:
    """By angles, or with `frame`, x, y, z and position_valid."""
    given = {"frame": Frame.BODY_FRD, "x": 0.0, "y": 0.0, "z": 0.0, "position_valid": 0} | place
    return dialect.MAVLink_landing_target_message(
        0,
        0,
        given["frame"],
        angle_x,
        angle_y,
        distance,
        0.0,
        0.0,
        given["x"],
        given["y"],
        given["z"],
        [1.0, 0.0, 0.0, 0.0],
        0,
        given["position_valid"],
    )


@pytest.mark.parametrize(("frame", "body"), [(Frame.BODY_FRD, True), (Frame.LOCAL_FRD, False)])
def test_angles_are_of_a_picture_that_looks_down(frame: Frame, body: bool) -> None:
    """x to the right, y backwards; of a picture that leans with the vehicle, or of one that stays level."""
    look = look_of(target(pi / 4, -pi / 4, frame=frame))
    assert look is not None
    assert look.direction == pytest.approx((1.0, 1.0, 1.0))
    assert (look.body, look.distance_m) == (body, 5.0)


@pytest.mark.parametrize(("frame", "body"), [(Frame.BODY_FRD, True), (Frame.LOCAL_FRD, False)])
def test_a_place_is_a_direction(frame: Frame, body: bool) -> None:
    """With position_valid, in the two frames that ArduPilot takes."""
    assert look_of(target(frame=frame, x=1.0, y=2.0, z=3.0, position_valid=1)) == Look((1.0, 2.0, 3.0), body, 5.0)


@pytest.mark.parametrize(
    "message",
    [
        target(nan), target(0.0, inf), target(distance=nan), target(distance=-1.0),
        target(frame=Frame.LOCAL_NED, z=1.0, position_valid=1), target(frame=Frame.GLOBAL, z=1.0, position_valid=1),
        target(frame=Frame.GLOBAL), target(frame=Frame.LOCAL_NED), target(frame=Frame.BODY_NED),
        target(frame=Frame.BODY_FRD, x=nan, z=1.0, position_valid=1),
        target(frame=Frame.BODY_FRD, z=1.0, position_valid=1, distance=0.0),
    ],
)  # fmt: skip
def test_what_says_nothing_is_dropped(message: Any) -> None:
    """No number, a negative distance, another frame; a place without its distance, as ArduPilot's
    AC_PrecLand_MAVLink.cpp drops it: a companion that forgets it must not land here alone."""
    assert look_of(message) is None


def test_a_look_survives_the_wire() -> None:
    """As a place and as angles."""
    look = Look((0.3, -0.2, 1.0), True, 7.0)
    message = message_of(look, 1, 5)
    back = look_of(message)
    assert back is not None
    assert [one * 7.0 / hypot(0.3, 0.2, 1.0) for one in look.direction] == pytest.approx(list(back.direction))
    message.position_valid = 0
    back = look_of(message)
    assert back is not None
    assert back.direction == pytest.approx(look.direction)


def request(session: Session, link: Any) -> tuple[Result, list[Any]]:
    link.messages()
    link.send(dialect.MAVLink_command_long_message(1, 1, 512, 0, LANDING_TARGET, 0, 0, 0, 0, 0, 0))
    heard = link.messages()
    acks = [one.result for one in heard if one.get_type() == "COMMAND_ACK"]
    return Result(acks[-1]), [one for one in heard if one.get_type() == "LANDING_TARGET"]


def test_a_companion_that_passes_on_what_the_sensor_sees_lands_it_on_the_pad() -> None:
    """PLND_TYPE 1: REQUEST_MESSAGE is answered with each pad in sight, FAILED with none, and what comes back as
    LANDING_TARGET is landed on."""
    params = {"PLND_ENABLED": 1.0, "PLND_TYPE": 1.0, "SIM_PLD_ENABLE": 1.0, "SIM_PLD_E": 0.8, "SIM_WIND_SPD": 5.0}
    with Session(home=HOME, params=params) as session:
        link = session.connect()
        assert request(session, link) == (Result.FAILED, [])
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(6.0)
        session.run_until(lambda s: s.state.height > 5.7)
        result, seen = request(session, link)
        assert (result, [one.target_num for one in seen]) == (Result.ACCEPTED, [0])
        session.set_mode("LAND")
        while session.state.armed and session.state.time_s < 120.0:
            session.run_for(0.1)
            for one in request(session, link)[1]:
                link.send(one)
        north, east = session.service.vehicle.true_ned[:2]
        assert (north, east) == pytest.approx((0.0, 0.8), abs=0.2)


def test_level_angles_hold_it_over_the_target() -> None:
    """PREC_LOITER by a companion that tells angles of LOCAL_FRD: taken as the body's they drive the vehicle away, for
    it leans towards the target, which then seems to be on the other side."""
    place = (4.0, 3.0)
    params = {"PLND_ENABLED": 1.0, "PLND_TYPE": 1.0, "SIM_WIND_SPD": 8.0}
    with Session(home=HOME, params=params) as session:
        link = session.connect()
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(40.0)
        session.run_until(lambda s: s.state.height > 39.0)
        session.set_mode("LOITER")
        assert session.autopilot.parameters.set("RC7_OPTION", 39.0).warning is None
        link.send(dialect.MAVLink_rc_channels_override_message(1, 1, 0, 0, 0, 0, 0, 0, 2000, 0))
        farthest = 0.0
        for _ in range(250):
            (north, east), state = session.service.vehicle.true_ned[:2], session.state
            ahead, aside = place[0] - north, place[1] - east
            yaw = session.service.vehicle.state.yaw
            c, s = cos(yaw), sin(yaw)
            x, y = c * ahead + s * aside, -s * ahead + c * aside
            slant = hypot(x, y, state.height)
            link.send(target(atan2(y, state.height), -atan2(x, state.height), slant, frame=Frame.LOCAL_FRD))
            session.run_for(0.1)
            farthest = max(farthest, hypot(ahead, aside))
        assert farthest < 5.5
        assert hypot(place[0] - north, place[1] - east) < 0.7


def test_another_frame_is_refused_once() -> None:
    """It is told where LANDING_TARGET counts, and not with each message."""
    with Session(home=HOME, params={"PLND_ENABLED": 1.0, "PLND_TYPE": 1.0}) as session:
        link = session.connect()
        for _ in range(3):
            link.send(target(frame=Frame.BODY_NED))
            session.run_for(0.1)
        texts = [one.text for one in link.messages() if one.get_type() == "STATUSTEXT"]
        assert texts.count("Plnd: Frame not supported") == 1
        assert session.autopilot.precision._received is None


def test_without_plnd_type_1_nobody_listens() -> None:
    """Nothing is kept."""
    with Session(home=HOME, params={"PLND_ENABLED": 1.0, "PLND_TYPE": 4.0}) as session:
        session.connect().send(target())
        session.run_for(0.1)
        assert session.autopilot.precision._received is None


def follow_target(place: GeoPoint, north_mps: float) -> Any:
    """A ship at that place, its course known."""
    return dialect.MAVLink_follow_target_message(
        0,
        3,
        round(place.lat * 1e7),
        round(place.lon * 1e7),
        place.alt,
        [north_mps, 0.0, 0.0],
        [0.0] * 3,
        [1.0, 0.0, 0.0, 0.0],
        [0.0] * 3,
        [0.0] * 3,
        0,
    )


def pad_from(session: Session, pad: Ned) -> Any:
    """LANDING_TARGET of a camera that stays level, of a pad `pad` m from where the vehicle stood."""
    state = session.state
    north, east, down = (at - here for at, here in zip(pad, state.position, strict=True))
    c, s = cos(state.attitude[2]), sin(state.attitude[2])
    place = {"x": c * north + s * east, "y": c * east - s * north, "z": down}
    return target(frame=Frame.LOCAL_FRD, distance=hypot(north, east, down), position_valid=1, **place)


def test_a_ship_is_followed_and_landed_on() -> None:
    """By messages, of a fleet: FOLLOW_TARGET leads both over a ship that makes 2 m/s, LANDING_TARGET takes one down
    onto its pad; the other stays up, and with it. DO_FOLLOW says which of two is the ship."""
    speed_mps = 2.0
    params = {"FOLL_ENABLE": 1, "FOLL_OFS_Z": -8, "PLND_ENABLED": 1, "PLND_TYPE": 1, "PLND_OPTIONS": 1}
    with Fleet(2, home=HOME, params=params) as fleet:
        fleet.wait_armable()
        lander, other = fleet
        links = [session.connect(system=42) for session in fleet]
        decoy = lander.connect(system=43)
        for session, link in zip(fleet, links, strict=True):
            command = (session.service.endpoint.system_id, 1, Cmd.DO_FOLLOW, 0)
            link.send(dialect.MAVLink_command_long_message(*command, 300, 0, 0, 0, 0, 0, 0))
            link.send(dialect.MAVLink_command_long_message(*command, 42, 0, 0, 0, 0, 0, 0))
            assert [ack.result for ack in link.messages("COMMAND_ACK")] == [Result.DENIED, Result.ACCEPTED]
            session.set_mode("GUIDED")
            session.arm()
            session.takeoff(8.0)
        fleet.run_for(12.0)
        begun_s = fleet.time_s

        def pad() -> Ned:
            return speed_mps * (fleet.time_s - begun_s), 0.0, 0.0

        def sail(seconds: float) -> None:
            for tenth in range(round(10.0 * seconds)):
                decoy.send(follow_target(to_global(lander.stood[0], (0.0, 60.0, 0.0)), 0.0))
                for link in links if tenth % 5 == 0 else ():
                    link.send(follow_target(to_global(lander.stood[0], pad()), speed_mps))
                links[0].send(pad_from(lander, pad()))
                fleet.run_for(0.1)
                if lander.state.landed:
                    break

        for session in fleet:
            session.set_mode("FOLLOW")
        sail(12.0)
        lander.set_mode("LAND")
        sail(60.0)
        assert lander.state.landed
        assert lander.state.position[:2] == pytest.approx(pad()[:2], abs=2.0 * speed_mps)
        assert not other.state.landed
        assert other.state.ground_speed == pytest.approx(speed_mps, abs=0.2)
