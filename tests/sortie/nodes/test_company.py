"""Vehicles among each other: how close they came, who crashed, and an autopilot that fails alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint, to_local
from autopilot.mission.items import MissionItem
from mavlink_bridge.wire.codec import dialect
from sortie import Fleet, Session
from sortie.config.formation import moved
from sortie.logs.separation_log import SeparationLog
from sortie.nodes.company import break_motors
from sortie.nodes.vehicle import QUIET_MS

HOME = GeoPoint(47.3769, 8.5417, 408.0)


def at(north: float, east: float, height: float) -> tuple[float, float, float]:
    place = moved(HOME, north, east)
    return place.lat, place.lon, height


def airborne(fleet: Fleet, *heights: float) -> None:
    """All stand in the air in GUIDED."""
    fleet.wait_armable()
    for one, height in zip(fleet, heights, strict=True):
        one.set_mode("GUIDED")
        one.arm()
        one.takeoff(height)
    fleet.run_until(
        lambda all_: all(abs(one.state.height - height) < 1.0 for one, height in zip(all_, heights, strict=True))
    )
    fleet.run_for(3.0)


def test_an_approach_is_told_once_with_its_closest_point() -> None:
    """One flies past another at 8 m: one approach, of that distance, at the instant of the pass; far ones are none."""
    with Fleet(3, home=HOME, spacing=60.0, formation="line") as fleet:
        airborne(fleet, 10.0, 10.0, 10.0)
        assert not fleet.approaches
        begun_ms = round(fleet.time_s * 1000.0)
        fleet[0].goto(*at(60.0, 52.0, 10.0))
        fleet.run_until(lambda all_: all_[0].state.distance < 1.0)
        fleet[0].goto(*at(-60.0, 52.0, 10.0))
        truest = [1000.0]

        def watch(all_: Fleet) -> bool:
            a, b = (one.truth.place for one in all_[:2])
            north, east, down = to_local(a, b.lat, b.lon, b.alt)
            truest[0] = min(truest[0], (north**2 + east**2 + down**2) ** 0.5)
            return all_[0].state.distance < 1.0

        fleet.run_until(watch, every_s=0.02)
        fleet.run_for(5.0)
        (approach,) = fleet.approaches
        assert approach.pair == (0, 1)
        assert approach.distance_m == pytest.approx(truest[0], abs=0.1)
        assert approach.distance_m == pytest.approx(8.0, abs=2.0)
        assert begun_ms < approach.time_ms < fleet.time_s * 1000.0 - 2000
        assert fleet.closest == approach


def test_those_that_stand_side_by_side_have_not_approached() -> None:
    """Five metres apart on the ground: nobody is under way."""
    with Fleet(4, home=HOME, spacing=5.0) as fleet:
        fleet.run_for(10.0)
        assert fleet.closest is None
        fleet.company.finish()
        assert not fleet.approaches


@pytest.mark.parametrize("collide", [0.0, 1.0])
def test_two_that_touch_crash_where_they_are_told_to(collide: float) -> None:
    """Head on at one height: with SIM_COLLIDE both fall and are disarmed, without it they fly through each other."""
    with Fleet(2, home=HOME, spacing=40.0, params={"SIM_COLLIDE": collide, "SIM_COLLIDE_RAD": 1.5}) as fleet:
        airborne(fleet, 12.0, 12.0)
        fleet[0].goto(*at(0.0, 40.0, 12.0))
        fleet[1].goto(*at(0.0, 0.0, 12.0))
        fleet.run_for(25.0)
        assert fleet.closest is not None
        assert fleet.closest.distance_m < 3.0
        assert [one.state.armed for one in fleet] == [collide == 0.0] * 2
        assert len(fleet.company.collisions) == int(collide)
        if collide:
            assert all(one.state.height < 2.0 for one in fleet)


def test_one_that_is_struck_stays_down_and_others_are_untouched() -> None:
    """Only who touched is broken."""
    params = {"SIM_COLLIDE": 1.0, "SIM_COLLIDE_RAD": 1.5}
    with Fleet(3, home=HOME, spacing=40.0, formation="line", params=params) as fleet:
        airborne(fleet, 12.0, 12.0, 12.0)
        fleet[0].goto(*at(0.0, 40.0, 12.0))
        fleet.run_for(35.0)  # its estimate believes the height of the ground 10 s after the impact
        assert [one.state.armed for one in fleet] == [False, False, True]


def test_a_motor_that_was_to_be_mended_stays_broken() -> None:
    """The end of a fault that began before the crash."""
    with Session("sim:rover", home=HOME, faults=["motor1.loss=0.2@5..15"]) as rover:
        rover.wait_armable()
        rover.set_mode("GUIDED")
        rover.arm()
        rover.goto(*at(500.0, 0.0, 0.0))
        rover.run_until(lambda one: one.time_s >= 8.0 and one.state.ground_speed > 1.0)
        break_motors(rover.service)
        rover.run_for(15.0)
        assert rover.state.ground_speed < 0.1


class Broken(Exception):
    """What an autopilot raises here."""


def test_an_autopilot_that_raises_comes_down_alone() -> None:
    """The vehicle lands where it is and is disarmed, says so, and goes on telling; its neighbour flies on."""
    with Fleet(2, home=HOME) as fleet:
        link = fleet[0].connect()
        airborne(fleet, 15.0, 15.0)
        link.messages()

        def fail(now_ms: int) -> None:
            raise Broken("a fault of ours")

        fleet[0].service.autopilot.update = fail  # type: ignore[method-assign]
        fleet.run_until(lambda all_: bool(all_.failures))
        assert list(fleet.failures) == [0]
        assert isinstance(fleet.failures[0], Broken)
        fleet.run_for(60.0)
        vehicle = fleet.node.services[0].vehicle
        assert vehicle.state.landed
        assert not vehicle.state.armed
        assert fleet[1].state.armed
        assert fleet[1].state.height == pytest.approx(15.0, abs=1.0)
        heard = link.messages()
        assert any(
            message.get_type() == "STATUSTEXT" and "Autopilot failed: Broken" in message.text for message in heard
        )
        beats = [message for message in heard if message.get_type() == "HEARTBEAT"]
        assert not beats[-1].base_mode & dialect.MAV_MODE_FLAG_SAFETY_ARMED


def test_one_that_raises_when_the_disk_has_answered_comes_down_alone(tmp_path: Path) -> None:
    """The pass behind a commit is as any other: its error is not the fleet's."""
    with Fleet(2, home=HOME, state_dir=tmp_path) as fleet:
        link = fleet[0].connect()
        airborne(fleet, 15.0, 15.0)
        service = fleet[0].service
        caught_up = service.journal.catch_up

        def fail(link_ms: int) -> None:
            raise Broken("a fault of ours")

        def catch_up() -> bool:
            service.autopilot.update_link_clock = fail  # type: ignore[method-assign]
            return caught_up()

        service.journal.catch_up = catch_up  # type: ignore[method-assign]
        link.send(dialect.MAVLink_param_set_message(1, 1, b"WPNAV_SPEED", 600.0, dialect.MAV_PARAM_TYPE_REAL32))
        fleet.run_for(30.0)  # the disk has answered by then, whenever the machine gave it a processor
        assert list(fleet.failures) == [0]
        assert fleet.node.services[0].vehicle.state.landed
        assert fleet[1].state.height == pytest.approx(15.0, abs=1.0)


def test_a_rover_whose_autopilot_raises_stops() -> None:
    with Fleet(2, home=HOME, vehicle="sim:rover") as fleet:
        fleet.wait_armable()
        rover = fleet[0]
        rover.upload([MissionItem(16, 3, x=at(200.0, 0.0, 0.0)[0], y=HOME.lon)])
        rover.start()
        fleet.run_for(10.0)
        assert rover.state.ground_speed > 1.0

        def fail(now_ms: int) -> None:
            raise Broken

        rover.service.autopilot.update = fail  # type: ignore[method-assign]
        fleet.run_for(QUIET_MS / 1000.0 + 10.0)  # in which it must decide something
        vehicle = fleet.node.services[0].vehicle
        assert vehicle.state.ground_speed < 0.2
        assert not vehicle.state.armed


def test_approaches_are_written_down(tmp_path: Path) -> None:
    """In the fleet's own file, with the labels of the pair."""
    with Fleet(2, home=HOME, spacing=15.0) as fleet:
        log = SeparationLog(tmp_path, ["1", "2"])
        airborne(fleet, 8.0, 8.0)
        fleet.company.finish()
        for approach in fleet.approaches:
            log.approached(approach)
    (line,) = (tmp_path / "separation.jsonl").read_text().splitlines()[-1:]
    facts = json.loads(line)
    assert (facts["event"], facts["pair"]) == ("approach", ["1", "2"])
    assert facts["distance_m"] == pytest.approx(15.0, abs=2.0)
