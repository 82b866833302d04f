"""Where a mission of a vehicle that speaks as a PX4 goes on: after another upload, a landing, a pause.

Sources: src/modules/mavlink/mavlink_mission.cpp (`handle_mission_item_both`: "Only need to update if the mission
actually changed", `_transfer_current_seq`), src/modules/navigator/mission_base.cpp (`checkMissionRestart`,
`replayCachedSpeedChangeItems`). QGroundControl and MAVSDK upload with the first item marked as the current one.
"""

from __future__ import annotations

from mavlink_bridge.wire.codec import dialect
from sortie import MissionItem
from tests.fakes.px4_station import ARM, HOLD, MISSION, RETURN, Station

_START = 300


def _corners(station: Station, east: float, count: int = 4) -> tuple[MissionItem, ...]:
    places = (station.beside_home(30.0 * number, east) for number in range(1, count + 1))
    return tuple(MissionItem(16, 6, x=lat, y=lon, z=10.0) for lat, lon in places)


def _upload(station: Station, items: tuple[MissionItem, ...], marked: int | None) -> None:
    """As a station that marks this item as current."""
    station.link.send(dialect.MAVLink_mission_count_message(1, 1, len(items), 0))
    for seq, item in enumerate(items):
        station.run(0.2)
        place = round(item.x * 1e7), round(item.y * 1e7)
        station.link.send(
            dialect.MAVLink_mission_item_int_message(
                1, 1, seq, item.frame, item.command, int(seq == marked), 1, 0, 0, 0, 0, *place, item.z, 0
            )
        )
    station.run(1.5)
    assert station.of("MISSION_ACK")[-1].type == 0


def _current(station: Station) -> int:
    return int(station.of("MISSION_CURRENT")[-1].seq)


def _fly_to_item(station: Station, seq: int) -> tuple[MissionItem, ...]:
    """The items that are flown."""
    items = _corners(station, 0.0)
    _upload(station, items, 0)
    assert station.command(_START, 0.0) == 0
    station.until(lambda: _current(station) == seq, 60.0)
    return items


def test_another_mission_in_flight_begins_at_its_marked_item(station: Station) -> None:
    """It went on at the number where it was."""
    _fly_to_item(station, 2)
    _upload(station, _corners(station, 20.0), 0)
    assert _current(station) == 0 and station.mode == MISSION
    assert not any("mission changed" in text for text in station.texts), "PX4 has no text for it"


def test_another_mission_without_a_mark_goes_on_at_the_same_number(station: Station) -> None:
    _fly_to_item(station, 2)
    _upload(station, _corners(station, 20.0), None)
    assert _current(station) == 2 and station.mode == MISSION


def test_the_same_mission_again_changes_nothing(station: Station) -> None:
    """Uploaded in a pause it began anew."""
    items = _fly_to_item(station, 2)
    _upload(station, items, 0)
    assert _current(station) == 2
    assert station.set_mode(HOLD) == 0
    _upload(station, items, 0)
    assert _current(station) == 2
    assert station.set_mode(MISSION) == 0
    station.run(1.5)
    assert _current(station) == 2


def test_a_mission_goes_on_after_a_landing_unless_it_was_at_its_end(station: Station) -> None:
    """It began anew after each disarming."""
    _fly_to_item(station, 1)
    for seq, then in ((1, 1), (3, 0)):
        station.until(lambda seq=seq: _current(station) == seq, 60.0)
        assert station.set_mode(RETURN) == 0
        station.until(lambda: not station.armed)
        station.run(2.0)
        assert station.mode == MISSION and station.command(ARM, 1.0, 0.0) == 0
        station.run(8.0)
        assert _current(station) == then and station.height > 3.0


def test_a_mission_goes_on_at_the_speed_of_its_items(station: Station) -> None:
    """After a pause it flew at the parameter's speed."""
    lat, lon = station.beside_home(300.0, 0.0)
    slow = MissionItem(178, 2, param1=1.0, param2=2.0, param3=-1.0)
    up, far = MissionItem(22, 6, z=8.0, x=station.beside_home(0, 0)[0], y=lon), MissionItem(16, 6, x=lat, y=lon, z=8.0)
    station.upload((up, slow, far))
    assert station.command(_START, 0.0) == 0
    station.until(lambda: _current(station) == 2, 30.0)
    for _ in range(2):
        station.run(6.0)
        assert 1.6 < station.of("VFR_HUD")[-1].groundspeed < 2.4
        assert station.set_mode(HOLD) == 0
        station.run(3.0)
        assert station.set_mode(MISSION) == 0


def test_an_item_that_is_not_there_is_told_in_the_stations_numbers(station: Station) -> None:
    """Counted from 0, without home."""
    _upload(station, _corners(station, 0.0), 0)
    station.link.send(dialect.MAVLink_mission_set_current_message(1, 1, 9))
    station.run(0.5)
    assert station.texts[-1] == "Mission: no mission item 9: the mission has 4"
