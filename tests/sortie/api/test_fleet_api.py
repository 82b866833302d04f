"""`sortie.Fleet`: a sequence of vehicles with the face of `Session`, one clock, numbers of all."""

from __future__ import annotations

from math import nan
from pathlib import Path

import numpy as np
import pytest

from autopilot.interface.geo import GeoPoint
from sortie import Fleet, Session, UserError, mavlink
from sortie.api.events import ModeChanged
from sortie.api.sample import square
from sortie.config.formation import seed_of
from sortie.config.vehicle_spec import VehicleSpec

HOME = GeoPoint(47.3769, 8.5417, 408.0)


def test_one_clock_for_all_and_the_face_of_a_session() -> None:
    """Each is commanded by itself; time passes for all, whoever lets it pass."""
    with Fleet(3, home=HOME) as fleet:
        assert len(fleet) == 3
        fleet.wait_armable()
        first, _, third = fleet
        first.set_mode("GUIDED")
        first.arm()
        first.takeoff(10.0)
        third.set_mode("GUIDED")
        third.arm()
        third.takeoff(20.0)
        begun = fleet.time_s
        first.run_for(12.0)
        assert fleet.time_s == pytest.approx(begun + 12.0, abs=0.02)
        assert [round(one.state.height) for one in fleet] == [10, 0, 20]
        assert [one.state.armed for one in fleet] == [True, False, True]
        assert {one.time_s for one in fleet} == {fleet.time_s}
        third.land()
        fleet.run_until(lambda all_: not all_[2].state.armed, timeout_s=60.0)
        assert fleet[0].state.armed


def test_a_condition_that_does_not_come_is_a_timeout() -> None:
    with Fleet(2, home=HOME) as fleet, pytest.raises(TimeoutError, match="within 2 s"):
        fleet.run_until(lambda all_: False, timeout_s=2.0)


def test_numbers_of_all_are_views() -> None:
    """Of one kind: the arrays move with time, and cannot be written."""
    with Fleet(4, home=HOME) as fleet:
        positions, batteries, places = fleet.positions, fleet.batteries, fleet.places
        fleet.run_for(10.0)
        assert positions.shape == (4, 3)
        for number, one in enumerate(fleet):
            assert tuple(positions[number]) == one.state.position
            assert batteries[number] == one.state.battery.remaining
            assert tuple(places[number][:2]) == (one.state.place.lat, one.state.place.lon)
        assert fleet.velocities.shape == (4, 3)
        with pytest.raises(ValueError, match="read-only"):
            positions[0, 0] = 1.0


def test_numbers_of_a_mixed_fleet_are_in_its_order(tmp_path: Path) -> None:
    """Kinds lie in arrays of their own; what is given out is in the order of the file."""
    file = tmp_path / "fleet.toml"
    file.write_text(
        "[[vehicle]]\n[[vehicle]]\nkind = 'rover'\noffset = [50.0, 0.0]\n"
        "[[vehicle]]\noffset = [0.0, 9.0]\n[[vehicle]]\nkind = 'boat'\noffset = [90.0, 0.0]\n"
    )
    with Fleet(file=file, home=HOME) as fleet:
        fleet.run_for(5.0)
        assert [one.autopilot.facts.vehicle_class.name for one in fleet] == ["copter", "rover", "copter", "boat"]
        expected = np.array([[one.state.place.lat, one.state.place.lon, one.state.place.alt] for one in fleet])
        assert np.array_equal(fleet.places, expected)


def test_a_member_flies_as_the_session_of_its_seed_and_place() -> None:
    """Same system id, seed and home: the same events at the same instants, and the same place at the end."""

    def flown(one: Session) -> tuple[object, ...]:
        one.upload(square(one.stood[0]))
        one.start()
        one.run_for(40.0)
        return [repr(entry) for entry in one.events], one.state.position, one.state.battery

    with Fleet(3, home=HOME, seed=5, params={"SIM_WIND_SPD": 4.0}) as fleet:
        ours = flown(fleet[2])
        home = fleet[2].stood
    params = {"SIM_WIND_SPD": 4.0, "SYSID_THISMAV": 3.0}
    with Session(home=home, seed=seed_of(5, 3), params=params) as alone:
        assert flown(alone) == ours


def test_specs_are_flown_together_and_alone() -> None:
    """Each says all of its vehicle, its place in the fleet apart: that follows from who flies with it."""
    specs = [VehicleSpec("rover", 7, HOME, 10.0, 3), VehicleSpec("copter", 9, HOME, 20.0, 4, param=("RTL_ALT=2000",))]
    with Fleet(specs) as fleet, Session(fleet.vehicles[1]) as alone:
        assert [(one.spec.label, one.param("SYSID_THISMAV")) for one in (*fleet, alone)] == [
            ("7", 7.0),
            ("9", 9.0),
            ("", 9.0),
        ]
        fleet.run_for(3.0)
        alone.run_for(3.0)
        reports = [one.service.vehicle.state.report.tobytes() for one in (fleet[1], alone)]
        assert reports[0] == reports[1]
        assert alone.param("RTL_ALT") == 2000.0
    with pytest.raises(UserError, match="a vehicle of a fleet has a system id"):
        Fleet([VehicleSpec("copter", None, HOME, 0.0, 0)])
    for wrong in ([], [specs[0], specs[0]]):
        with pytest.raises(UserError, match="at least one vehicle, each with its own system id"):
            Fleet(wrong)


def test_specs_say_who_is_on_which_network() -> None:
    """As many as they like, and not as many on each."""
    specs = [VehicleSpec("copter", system, HOME, 0.0, 0, network=int(system == 4)) for system in (1, 2, 3, 4)]
    with Fleet(specs) as fleet:
        heard = [[endpoint.system_id for endpoint in network.endpoints] for network in fleet.node.networks]
        assert heard == [[1, 2, 3], [4]]
        assert [vehicle.label for vehicle in fleet.vehicles] == ["0.1", "0.2", "0.3", "1.4"]


def test_a_memory_link_reaches_one_vehicle() -> None:
    """`connect` on a member: its HEARTBEATs alone come, and its answer to a command."""
    with Fleet(2, home=HOME) as fleet:
        fleet.wait_armable()
        link = fleet[1].connect()
        fleet.run_for(2.0)
        heard = link.messages()
        assert {message.get_srcSystem() for message in heard} == {2}
        link.send(mavlink.MAVLink_command_long_message(2, 1, mavlink.MAV_CMD_DO_SET_MODE, 0, 1, 4, 0, 0, 0, 0, 0))
        acknowledged = link.receive("COMMAND_ACK")
        assert acknowledged.result == mavlink.MAV_RESULT_ACCEPTED
        assert [one.state.mode for one in fleet] == ["STABILIZE", "GUIDED"]
        assert fleet[1].events_of(ModeChanged)
        assert not fleet[0].events_of(ModeChanged)


def test_state_of_each_outlives_the_fleet(tmp_path: Path) -> None:
    """A mission of one of two vehicles, in one directory."""
    with Fleet(2, home=HOME, state_dir=tmp_path) as fleet:
        fleet[1].upload(square(fleet[1].stood[0]))
        fleet.run_for(1.0)
    with Fleet(2, home=HOME, state_dir=tmp_path) as fleet:
        assert [one.state.mission.items for one in fleet] == [0, 6]


def test_logs_of_each_are_in_its_own_folder(tmp_path: Path) -> None:
    with Fleet(2, home=HOME, log_dir=tmp_path) as fleet:
        fleet[1].upload(square(fleet[1].stood[0]))
        fleet[1].start()
        fleet.run_for(5.0)
    assert not (tmp_path / "1").exists()
    assert (tmp_path / "2" / "flights" / "0001" / "flight.tlog").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"count": 0}, "at least one vehicle"),
        ({"count": 2, "vehicle": "sim:coptre"}, "did you mean sim:copter"),
        ({"count": 2, "file": "x"}, "leave one of the two out"),
        ({"count": 2, "params": {"WPNAV_SPED": 1.0}}, "WPNAV_SPEED"),
        ({"count": 300, "networks": 1}, "--networks 2"),
        ({"count": 2, "faults": ["gps.los"]}, "gps.loss"),
        ({"count": 2, "faults": "gps.loss"}, r"faults 'gps.loss': expected a list; write \['gps.loss'\]"),
        ({"count": 2, "links": "tcpin:127.0.0.1:0"}, "links .*: expected a list"),
        ({"count": 2, "spacing": 0.0}, "spacing 0: expected a number above 0"),
        ({"count": 2, "spacing": nan}, "spacing nan"),
        ({"count": 2, "networks": 0}, "networks 0: vehicles are on one at least"),
        ({"count": 2, "sysid": 0}, "sysid 0: expected a whole number from 1 to 250"),
        ({"count": 2, "sysid": 251}, "sysid 251"),
        ({"count": 2, "seed": -1}, "seed -1: expected a whole number from 0 on"),
        ({"count": 2, "vehicle": "tcp:127.0.0.1:1"}, "a fleet flies the simulator; use sim:copter"),
    ],
)
def test_wrong_arguments_are_user_errors(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Fleet(home=HOME, **arguments)  # type: ignore[arg-type]


def test_more_than_250_have_networks_of_their_own() -> None:
    """System ids begin again; the vehicles are others."""
    with Fleet(260, home=HOME) as fleet:
        assert len(fleet.node.networks) == 2
        assert len({one.service.endpoint.system_id for one in fleet}) == 130
        assert len({one.seed for one in fleet}) == 260
        assert fleet.by_sysid(7) is fleet[6]
