"""A vehicle among other aircraft, from the file to the landing: alone and in a fleet."""

from __future__ import annotations

from math import dist
from pathlib import Path

import pytest

from autopilot.context.events import ModeChanged, StatusText
from autopilot.interface.geo import Ned
from autopilot.mission.items import MissionItem
from autopilot.personality.px4.alert_volumes import AlertLevel, Volumes, level_of
from sortie import Session

HEAD_ON = """
[[aircraft]]
callsign = "N123AB"
emitter = "light"
at = [3000, 0, 30]
track_deg = 180
speed_mps = 50
start_s = 20
for_s = 180
"""
PLAN = [MissionItem(22, 3, z=30.0), MissionItem(93, 3, param1=80.0), MissionItem(20)]


def closest_m(session: Session) -> float:
    """The closest that any aircraft came, until it is disarmed."""
    receiver = session.service.vehicle.receiver
    best = 1e9
    session.start()
    while session.autopilot.facts.armed and session.time_s < 400.0:
        session.run_for(0.5)
        here, _ = receiver.place()
        best = min([best, *(dist(here, at) for _, at, _ in receiver.sky.present(session.time_s))])
    return best


@pytest.mark.parametrize(("action", "at_least_m"), [(1, 0.0), (2, 60.0), (3, 60.0)])
def test_it_is_seen_avoided_and_the_vehicle_lands(tmp_path: Path, action: int, at_least_m: float) -> None:
    """One that comes head-on at the vehicle's height: a client sees it; what is only told comes as near as it comes."""
    path = tmp_path / "head-on.toml"
    path.write_text(HEAD_ON)
    params = {"AVD_ENABLE": 1, "AVD_F_ACTION": action, "AVD_F_RCVRY": 1}
    with Session(traffic=path, params=params) as session:
        station = session.connect()
        session.upload(PLAN)
        best = closest_m(session)
        assert not session.autopilot.facts.armed
        assert best > at_least_m if at_least_m else best < 20.0
        modes = [entry.event.number for entry in session.events if isinstance(entry.event, ModeChanged)]
        assert (19 in modes) is (action > 1)
        assert {message.callsign for message in station.messages("ADSB_VEHICLE")} == {"N123AB"}


def mode_in_the_air(session: Session, until_s: float) -> int:
    """Last mode in which the motors ran; runs the session until then."""
    mode = session.autopilot.modes.number
    while session.time_s < until_s:
        session.run_for(0.5)
        mode = session.autopilot.modes.number if session.autopilot.facts.armed else mode
    return mode


@pytest.mark.parametrize(
    ("action", "ends_in", "said"),
    [(0, 3, None), (1, 3, ""), (2, 6, ", returning home"), (3, 9, ", landing"), (4, 4, ", holding")],
)
def test_a_px4_does_what_nav_traff_avoid_says(tmp_path: Path, action: int, ends_in: int, said: str | None) -> None:
    """Told once in half a minute; the mode is the core's: AUTO, RTL, LAND, or GUIDED, which is PX4's Hold."""
    path = tmp_path / "head-on.toml"
    path.write_text(HEAD_ON.replace("start_s = 20", "start_s = 45"))
    with Session(traffic=path, firmware="px4", params={"NAV_TRAFF_AVOID": action}) as session:
        session.upload([MissionItem(22, 3, z=30.0), MissionItem(19, 3, param1=300.0, z=30.0), MissionItem(20)])
        session.start()
        mode = mode_in_the_air(session, 75.0)
        alerts = [e.text for e in session.events_of(StatusText) if e.text.startswith("Traffic alert ")]
        assert alerts == ([] if said is None else [f"Traffic alert 400001, 0 m, 180 deg{said}"])
        assert mode == ends_in


@pytest.mark.parametrize(
    ("name", "value"), [("NAV_TRAFF_A_HOR", 400), ("NAV_TRAFF_A_VER", 150), ("NAV_TRAFF_COLL_T", 5)]
)
def test_beyond_a_limit_of_nav_traff_it_is_no_conflict(tmp_path: Path, name: str, value: float) -> None:
    """450 m beside, 200 m higher: a conflict by PX4's 500 m and 60 s, none by a smaller limit."""
    path = tmp_path / "beside.toml"
    path.write_text(HEAD_ON.replace("[3000, 0, 30]", "[3000, 450, 200]").replace("start_s = 20", "start_s = 45"))
    for given, alerts in (({}, 1), ({name: value}, 0)):
        with Session(traffic=path, firmware="px4", params=given) as session:
            session.run_for(75.0)
            assert sum(e.text.startswith("Traffic alert ") for e in session.events_of(StatusText)) == alerts


def traffic_alerts(folder: Path, sky: str, until_s: float) -> list[str]:
    """Alerts of a PX4 that hovers at 30 m from before these aircraft appear."""
    path = folder / "sky.toml"
    path.write_text(sky)
    with Session(traffic=path, firmware="px4", params={"NAV_TRAFF_AVOID": 1}) as session:
        session.upload([MissionItem(22, 3, z=30.0), MissionItem(19, 3, param1=300.0, z=30.0), MissionItem(20)])
        session.start()
        session.run_for(until_s - session.time_s)
        return [e.text for e in session.events_of(StatusText) if e.text.startswith("Traffic alert ")]


def test_a_conflict_is_told_again_after_a_minute(tmp_path: Path) -> None:
    """A slow one, which is in conflict from 60 s before it passes to 60 s after."""
    slow = (
        HEAD_ON.replace("start_s = 20", "start_s = 45")
        .replace("[3000,", "[590,")
        .replace("speed_mps = 50", "speed_mps = 10")
    )
    assert len(traffic_alerts(tmp_path, slow, 100.0)) == 1
    assert len(traffic_alerts(tmp_path, slow, 160.0)) == 2


def test_ten_conflicts_are_kept(tmp_path: Path) -> None:
    """An eleventh at the same time is not told of."""
    beside = HEAD_ON.replace("start_s = 20", "start_s = 45")
    sky = "".join(beside.replace("[3000, 0,", f"[2900, {20 * k},") for k in range(11))
    assert len(set(traffic_alerts(tmp_path, sky, 60.0))) == 10


def alerts_of(session: Session) -> list[str]:
    return [event.text for event in session.events_of(StatusText) if event.text.startswith("DAA ")]


def test_a_px4_built_for_f3442_tells_each_volume(tmp_path: Path) -> None:
    """Head-on at 50 m/s at a standing copter: twice the sizes of F34_ and what it flies in 33 s, and away again."""
    path = tmp_path / "head-on.toml"
    path.write_text(HEAD_ON.replace("start_s = 20", "start_s = 45"))
    with Session(traffic=path, firmware="px4", params={"DAA_EN": 1, "DAA_NOTIF_STATE": 0}) as session:
        session.upload([MissionItem(22, 3, z=30.0), MissionItem(19, 3, param1=300.0, z=30.0), MissionItem(20)])
        session.start()
        session.run_for(170.0 - session.time_s)
        alerts = [text.removesuffix(" m.").rsplit(" ", 1) for text in alerts_of(session)]
        assert [words for words, _ in alerts[:4]] == [
            "DAA New and Main: 400001 lvl 1.",
            "DAA Main: 400001 lvl UP 2.",
            "DAA Main: 400001 lvl UP 3.",
            "DAA Main: 400001 lvl UP 4.",
        ]
        for (_, away_m), radius_m in zip(alerts, (2260, 1804, 610, 154), strict=False):
            assert radius_m - 55 <= float(away_m) <= radius_m
        assert [words for words, _ in alerts[4:]] == [
            "DAA Main: 400001 lvl DOWN 3.",
            "DAA Main: 400001 lvl DOWN 2.",
            "DAA Main: 400001 lvl DOWN 1.",
            "DAA all conflicts",
        ]
        assert session.autopilot.modes.number == 3


@pytest.mark.parametrize(
    ("given", "ends_in", "said"),
    [
        ({"DAA_LVL_LOW_ACT": 4}, 4, ["Hold!"]),
        ({"DAA_LVL_LOW_ACT": 4, "DAA_LVL_HIGH_ACT": 2}, 6, ["Hold!", "Return!"]),
        ({"DAA_LVL_MED_ACT": 2, "DAA_LVL_HIGH_ACT": 4}, 6, ["Return!"]),
        ({"DAA_LVL_CRIT_ACT": 3}, 9, ["Land!"]),
        ({"DAA_LVL_HIGH_ACT": 0, "DAA_LVL_CRIT_ACT": 0, "DAA_LVL_MED_ACT": 4}, 4, ["Hold!"]),
        ({"DAA_LVL_LOW_ACT": 2, "F34_LVL_HIGH_RAD": 70}, 3, []),
    ],
)
def test_it_does_what_each_level_says(tmp_path: Path, given: dict[str, float], ends_in: int, said: list[str]) -> None:
    """Only what is more serious than what flies; a level without a setting does as the next wider one; volumes that
    contradict each other judge nothing."""
    path = tmp_path / "head-on.toml"
    path.write_text(HEAD_ON.replace("start_s = 20", "start_s = 45"))
    with Session(traffic=path, firmware="px4", params={"DAA_EN": 1} | given) as session:
        session.upload([MissionItem(22, 3, z=30.0), MissionItem(19, 3, param1=300.0, z=30.0), MissionItem(20)])
        session.start()
        mode = mode_in_the_air(session, 104.0)
        assert [text.removeprefix("DAA 400001: ") for text in alerts_of(session) if text.endswith("!")] == said
        assert mode == ends_in


def test_a_medium_level_is_no_wider_one_of_a_high_level(tmp_path: Path) -> None:
    """Of one that appears where it is no longer well clear, and passes beyond the volume of a near collision, nothing
    is done by DAA_LVL_MED_ACT: the next wider level of 3 is 1."""
    path = tmp_path / "beside.toml"
    path.write_text(HEAD_ON.replace("start_s = 20", "start_s = 45").replace("[3000, 0, 30]", "[300, 300, 30]"))
    for given, said in (({"DAA_LVL_MED_ACT": 4}, []), ({"DAA_LVL_LOW_ACT": 4}, ["Hold!"])):
        with Session(traffic=path, firmware="px4", params={"DAA_EN": 1, "DAA_LVL_HIGH_ACT": 0} | given) as session:
            session.upload([MissionItem(22, 3, z=30.0), MissionItem(19, 3, param1=300.0, z=30.0), MissionItem(20)])
            session.start()
            session.run_for(60.0 - session.time_s)
            assert [text.removeprefix("DAA 400001: ") for text in alerts_of(session) if text.endswith("!")] == said


@pytest.mark.parametrize(
    ("relative", "other", "level"),
    [
        ((0.0, 199.0, 0.0), (0.0, 0.0, 0.0), AlertLevel.CRITICAL),
        ((0.0, 0.0, 39.0), (0.0, 0.0, 0.0), AlertLevel.CRITICAL),
        ((0.0, 0.0, 41.0), (0.0, 0.0, 0.0), AlertLevel.HIGH),
        ((-399.0, 0.0, 119.0), (0.0, 0.0, 0.0), AlertLevel.HIGH),
        ((399.0, 0.0, 121.0), (0.0, 0.0, 0.0), AlertLevel.NONE),
        ((0.0, 699.0, 0.0), (0.0, 50.0, 0.0), AlertLevel.MEDIUM),  # 200 m and 10 s
        ((0.0, 701.0, 0.0), (0.0, 50.0, 0.0), AlertLevel.LOW),
        ((0.0, 1399.0, 0.0), (0.0, 50.0, 0.0), AlertLevel.LOW),  # 400 m and 20 s
        ((0.0, 1401.0, 0.0), (0.0, 50.0, 0.0), AlertLevel.NONE),
        ((0.0, 0.0, -139.0), (0.0, 0.0, 1.0), AlertLevel.LOW),  # 120 m and 20 s at 1 m/s
        ((0.0, 0.0, -141.0), (0.0, 0.0, 1.0), AlertLevel.NONE),
    ],
)
def test_volumes_of_both_in_height_and_time(relative: Ned, other: Ned, level: AlertLevel) -> None:
    """Twice what a setting says, in height too; medium and low look as far ahead as each is told."""
    volumes = Volumes(100.0, 20.0, 200.0, 60.0, 10.0, 20.0)
    assert level_of(relative, (0.0, 0.0, 0.0), other, volumes) is level


def test_it_terminates_where_a_level_says_so(tmp_path: Path) -> None:
    """The motors stop in the air."""
    path = tmp_path / "head-on.toml"
    path.write_text(HEAD_ON)
    with Session(traffic=path, firmware="px4", params={"DAA_EN": 1, "DAA_LVL_HIGH_ACT": 5}) as session:
        session.upload([MissionItem(22, 3, z=30.0), MissionItem(19, 3, param1=300.0, z=30.0)])
        session.start()
        session.run_for(60.0 - session.time_s)
        assert session.autopilot.facts.armed
        session.run_for(20.0)
        assert "DAA 400001: Terminate!" in alerts_of(session)
        assert not session.autopilot.facts.armed
