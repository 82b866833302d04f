"""SRT_REHEARSE: what the rules find in an uploaded plan is said, once, by STATUSTEXT; off, nothing is looked at."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from math import cos, sin

import pytest

from autopilot.context.events import StatusText
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd, Frame, Severity
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.rehearsal.upload import MOST_TEXTS
from autopilot.rehearsal.wing_point import WingPoint
from mavlink_bridge.clients import MissionUpload, Target
from sortie import Session

HOME = GeoPoint(47.0, 8.0, 400.0)
UP, BACK = MissionItem(Cmd.NAV_TAKEOFF, z=20.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)
RING = MissionItem(Cmd.NAV_FENCE_CIRCLE_INCLUSION, param1=80.0, x=HOME.lat, y=HOME.lon)
ON = {"SRT_REHEARSE": 1.0, "FENCE_ENABLE": 1.0, "FENCE_TYPE": 4.0}


def wp(north: float, z: float = 20.0) -> MissionItem:
    place = to_global(HOME, (north, 0.0, 0.0))
    return MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL_RELATIVE_ALT, x=place.lat, y=place.lon, z=z)


def plan_of(*items: MissionItem, fenced: bool = False) -> Plan:
    return Plan(HOME, tuple(replace(one, seq=seq) for seq, one in enumerate(items, 1)), (RING,) if fenced else ())


def said_after(params: dict[str, float], *plans: Plan, vehicle: str = "sim:copter") -> list[list[tuple[Severity, str]]]:
    """What is said of each of some plans that are loaded one after the other."""
    said = []
    with Session(vehicle=vehicle, home=HOME, params=params) as session:
        session.run_until(lambda s: s.autopilot.facts.home is not None, 60.0)
        for plan in plans:
            before = len(rehearsed(session))
            session.upload(plan)
            session.run_for(0.1)
            said.append(rehearsed(session)[before:])
    return said


def rehearsed(session: Session) -> list[tuple[Severity, str]]:
    texts = session.events_of(StatusText)
    return [(one.severity, one.text) for one in texts if one.text.startswith("Rehearsal")]


BAD = plan_of(UP, wp(50.0), wp(100.0), fenced=True)


def test_what_is_found_is_said_with_its_item() -> None:
    """Of the mission when it comes, and what the fence adds when that comes: nothing twice."""
    (said,) = said_after(ON, BAD)
    assert said == [
        (Severity.WARNING, "Rehearsal: mission item 3: ends in the air, after WP"),
        (Severity.ERROR, "Rehearsal: mission item 3: the way to WP leaves the fence by 20.0 m"),
    ]


def test_what_was_said_is_not_said_again_until_it_was_mended() -> None:
    """A plan loaded twice, mended, and loaded again."""
    good = plan_of(UP, wp(50.0), BACK)
    first, again, mended, third = said_after(
        {"SRT_REHEARSE": 1.0}, *2 * (plan_of(UP, wp(50.0)),), good, plan_of(UP, wp(50.0))
    )
    assert len(first) == 1
    assert (again, mended) == ([], [])
    assert third == first


def test_after_some_lines_only_how_many_more_there_are() -> None:
    """The worst have come first."""
    (said,) = said_after(ON, plan_of(UP, *(wp(100.0 + step) for step in range(20)), fenced=True))
    texts = [text for severity, text in said if severity is Severity.ERROR]
    assert len(texts) == MOST_TEXTS + 1
    assert texts[-1] == "Rehearsal: 12 more, 12 of them errors"


def test_the_vehicle_does_not_wait_for_a_long_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wings fly a large mission in a rehearsal for seconds of processor, longer than a HEARTBEAT may be late."""
    flown = 0
    step = WingPoint.spend

    def counted(point: WingPoint, seconds: float, watts: float) -> None:
        nonlocal flown
        flown += 1
        step(point, seconds, watts)

    monkeypatch.setattr(WingPoint, "spend", counted)
    (said,) = said_after(
        {"SRT_REHEARSE": 1.0}, plan_of(UP, *(wp(900.0 * (at % 2)) for at in range(500))), vehicle="sim:plane"
    )
    assert said, "the end in the air is said all the same"
    rehearsals = 3  # after the mission, the fence and the rally points
    assert 6_000 < flown / rehearsals < 6_600, "after its limit a step for each of the other legs"


def test_a_fence_that_would_hold_the_vehicle_up_is_not_checked() -> None:
    """A thousand legs within two polygons of 255 points: it says so; within one polygon it checks them."""
    way = plan_of(UP, *(wp(900.0 * (at % 2)) for at in range(1_000)))
    corner = replace(RING, command=Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, param1=255.0)
    polygon = tuple(
        replace(corner, x=HOME.lat + 0.1 * cos(0.01 * at), y=HOME.lon + 0.1 * sin(0.01 * at)) for at in range(255)
    )
    one, two = said_after(ON, replace(way, fence=polygon), replace(way, fence=2 * polygon))
    too_large = (Severity.WARNING, "Rehearsal: fence not checked, too large for 1001 legs")
    assert too_large not in one
    assert any("leaves the fence" in text for _, text in one)
    assert two == [too_large]


def test_before_home_is_known_nothing_is_said() -> None:
    """It would be about another place; it is said when home is there."""
    with Session(home=HOME, params=ON) as session:
        session.upload(BAD)
        assert not rehearsed(session)
        session.wait_armable()
        assert len(rehearsed(session)) == 2


def test_off_nothing_is_said_and_nothing_is_loaded() -> None:
    """The default: not even the rules are imported."""
    assert said_after({**ON, "SRT_REHEARSE": 0.0}, BAD) == [[]]
    program = (
        "import sys; from sortie import Session; s = Session(); s.upload('examples/square.waypoints'); s.run_for(1.0);"
        "sys.exit('autopilot.rehearsal.rules' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_ground_station_is_told_by_statustext() -> None:
    """After its upload, in pieces that belong together."""
    with Session(home=HOME, params={"SRT_REHEARSE": 1.0}) as session:
        session.wait_armable()
        link = session.connect()
        link.ask(MissionUpload(Target(1, 1), plan_of(UP, wp(50.0)).items))
        session.run_for(1.0)
        texts = [one for one in link.messages("STATUSTEXT") if one.id]
    whole = "".join(one.text for one in sorted(texts, key=lambda one: one.chunk_seq))
    assert whole == "Rehearsal: mission item 2: ends in the air, after WP"
    assert {one.severity for one in texts} == {Severity.WARNING}
