"""Looks that change nothing, at other aircraft and at the way flown, need no pass: the flight is the same, and costs
fewer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autopilot.interface.geo import GeoPoint, Ned
from autopilot.modes.trail import Trail
from autopilot.safety.threat import Threat
from autopilot.safety.traffic import TrafficWatch
from sortie import Fleet, Session

HOME = GeoPoint(-35.363261, 149.165230, 584.0)
SKY = """
[receiver]
dropout = 0.3
noise_m = 10

[encounters]
speed_mps = [40, 60]
miss_m = [0, 300]
lead_s = 35
for_s = 10
gap_s = 50
first_s = 30
count = 2
"""


def flight(session: Session, run: Session | Fleet) -> tuple[list[bytes], list[bytes]]:
    """Place and attitude at each second of a hover among aircraft, and what a station is told of these."""
    link = session.connect()
    run.run_for(15.0)
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(60.0)
    truth: list[bytes] = []
    for _ in range(130):
        run.run_for(1.0)
        truth.append(session.autopilot.vehicle.state.report.tobytes())
    told = [message for message in link.messages() if message.get_type() in ("COLLISION", "HEARTBEAT")]
    return truth, [str(message).encode() for message in told]


@pytest.fixture
def sky(tmp_path: Path) -> Path:
    path = tmp_path / "sky.toml"
    path.write_text(SKY, encoding="utf-8")
    return path


@pytest.mark.parametrize("action", [1, 2, 3])
def test_a_glance_changes_nothing(action: int, sky: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a vehicle for which each look is a pass: to the last bit."""
    given: dict[str, Any] = {
        "home": HOME,
        "traffic": sky,
        "params": {"AVD_ENABLE": 1, "AVD_F_ACTION": action, "AVD_F_TIME": 20},
    }
    looks: list[int] = []
    act = TrafficWatch._act

    def counted(watch: TrafficWatch, threat: Threat | None, now_ms: int) -> None:
        looks.append(now_ms)
        act(watch, threat, now_ms)

    monkeypatch.setattr(TrafficWatch, "_act", counted)
    with Session(**given) as session:
        glanced = flight(session, session)
    few = len(looks)
    looks.clear()
    monkeypatch.setattr(TrafficWatch, "glance", lambda watch, now_ms: watch.look_ms is not None)
    monkeypatch.setattr(TrafficWatch, "_look_out", lambda watch, threats, now_ms: None)
    with Session(**given) as session:
        assert flight(session, session) == glanced
    assert any(b"COLLISION" in message for message in glanced[1])
    assert few < 0.2 * len(looks)  # where the threat's level changes


@pytest.mark.parametrize("action", [0, 1, 2, 3, 5, 6])
def test_a_vehicle_that_looks_out_by_itself_flies_as_one_that_is_looked_at(
    action: int, sky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone, beside one for which each look judges: to the last bit, with less than half of the judgements; where each
    look turns it elsewhere it is looked at all the same."""
    judged: list[int] = []
    threats = TrafficWatch._threats

    def counted(watch: TrafficWatch, now_ms: int) -> Any:
        judged.append(now_ms)
        return threats(watch, now_ms)

    monkeypatch.setattr(TrafficWatch, "_threats", counted)
    params = {"AVD_ENABLE": 1, "AVD_F_ACTION": action, "AVD_F_RCVRY": 1, "AVD_F_TIME": 20}
    with Session(home=HOME, traffic=sky, params=params) as session:
        out = flight(session, session)
    few = len(judged)
    judged.clear()
    monkeypatch.setattr(TrafficWatch, "_look_out", lambda watch, threats, now_ms: None)
    with Session(home=HOME, traffic=sky, params=params) as session:
        assert flight(session, session) == out
    assert few < (0.7 if action == 3 else 0.5) * len(judged), (few, len(judged))


def test_a_fleet_glances_and_flies_alike(sky: Path) -> None:
    """As the same vehicle alone."""
    with Fleet(1, home=HOME, traffic=sky, params={"AVD_ENABLE": 1, "AVD_F_ACTION": 3}) as fleet:
        among = flight(fleet[0], fleet)
        spec = fleet.vehicles[0]
    with Session(spec) as session:
        assert flight(session, session) == among


def bent(session: Session, run: Session | Fleet) -> tuple[list[bytes], list[Ned], int]:
    """Place and attitude at each second of a circle and of the way back by its trail, that trail, and how many passes
    decided anything."""
    decided: list[int] = []
    session.service.observers.append(lambda _, now_ms: decided.append(now_ms))
    run.run_for(15.0)
    session.set_mode("GUIDED")
    session.arm()
    session.takeoff(20.0)
    run.run_for(12.0)
    truth: list[bytes] = []
    for mode in ("CIRCLE", "SMART_RTL"):
        session.set_mode(mode)
        for _ in range(40):
            run.run_for(1.0)
            truth.append(session.autopilot.vehicle.state.report.tobytes())
        if mode == "CIRCLE":
            way = session.autopilot.trail.way_back()
    return truth, way, len(decided)


def test_a_glance_at_the_way_flown_keeps_the_same_trail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside vehicles for which each look is a pass, alone and in a fleet: to the last bit, in fewer passes."""
    given: dict[str, Any] = {"home": HOME, "params": {"CIRCLE_RATE": 20, "CIRCLE_RADIUS": 1500}}
    with Fleet(1, **given) as fleet:
        truth, way, _ = bent(fleet[0], fleet)
        spec = fleet.vehicles[0]
    with Session(spec) as session:
        alone = bent(session, session)
    assert alone[:2] == (truth, way)
    assert len(way) > 5
    monkeypatch.setattr(Trail, "glance", lambda trail, now_ms: trail.look_ms is not None and now_ms >= trail.look_ms)
    with Session(spec) as session:
        passing = bent(session, session)
    assert passing[:2] == (truth, way)
    assert alone[2] < passing[2] - 15
