"""Each signal against the simulator's own state, in a flight whose sensors and parameters are wrong about it."""

# what needs the extra is imported behind the skip
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the extra campaign is not installed")

from autopilot.context.events import FenceChanged, ModeChanged
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.mav import Cmd
from autopilot.mission.events import MissionComplete
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from sitl.kernel import layout as M
from sortie.api.session import Session
from sortie.campaign import signals as signals_module
from sortie.campaign.encounters import EVENTS
from sortie.campaign.flown import fly_run
from sortie.campaign.signals import (
    FAILSAFES,
    NOBODY_M,
    NUMBERS,
    TEXTS,
    Recorder,
    distance_to_fence,
    distance_to_legs,
    legs_of,
)
from sortie.campaign.study import Study
from sortie.nodes.watchers import Watchers

ROOT = Path(__file__).parents[3]
WRONG = ("gps.glitch=4@20..40", "baro.wrong=3@10", "gps.loss@45")
DISAGREES = {
    "BATT_CAPACITY": 20_000.0, "SIM_BATT_CAP_AH": 0.6, "SIM_WIND_SPD": 4.0, "SIM_WIND_DIR": 30.0, "SIM_WIND_TURB": 1.0,
    "FENCE_ENABLE": 1.0, "LAND_SPEED": 150.0,
}  # fmt: skip
"""The monitor takes the battery for 33 times what it is."""


def truth_now(session: Session) -> dict[str, float | str]:
    """What the simulator and the vehicle hold at this instant, without the report that signals are made of."""
    machine, autopilot = session.service.vehicle, session.autopilot
    s = machine._s
    events = [one.event for one in session.events]
    fences = [event.breach_types for event in events if isinstance(event, FenceChanged)]
    reasons = {event.reason for event in events if isinstance(event, ModeChanged)}
    return {
        "time": session.time_s,
        "height": -s[M.S_PD],
        "north": s[M.S_PN],
        "east": s[M.S_PE],
        "home_distance": np.hypot(s[M.S_PN], s[M.S_PE]),
        "speed": np.hypot(s[M.S_VN], s[M.S_VE]),
        "climb": -s[M.S_VD],
        "tilt": np.degrees(np.arccos(1.0 - 2.0 * (s[M.S_Q1] ** 2 + s[M.S_Q2] ** 2))),
        "bank": np.degrees(
            np.arctan2(
                2.0 * (s[M.S_Q0] * s[M.S_Q1] + s[M.S_Q2] * s[M.S_Q3]), 1.0 - 2.0 * (s[M.S_Q1] ** 2 + s[M.S_Q2] ** 2)
            )
        ),
        "airspeed": np.linalg.norm((s[M.S_VN] - s[M.S_WIND_N], s[M.S_VE] - s[M.S_WIND_E], s[M.S_VD])),
        "stall_margin": 90.0,
        "wind": np.hypot(s[M.S_WIND_N], s[M.S_WIND_E]),
        "battery": max(s[M.S_SOC], 0.0),
        "landed": s[M.S_CONTACT],
        "touchdown": s[M.S_TOUCHDOWN],
        "armed": float(session.state.armed),
        "mode": session.state.mode,
        "item": autopilot.sequencer.current_nav_index(),
        "complete": float(any(isinstance(event, MissionComplete) for event in events)),
        "breached": float(bool(fences) and fences[-1] != 0),
        "failsafe": float(bool(FAILSAFES & reasons)),
        "estimate_error": np.hypot(s[L.S_EPN] - s[M.S_PN], s[L.S_EPE] - s[M.S_PE]),
        "others_distance": NOBODY_M,
        "traffic_distance": NOBODY_M,
        **dict.fromkeys(EVENTS, 0.0),
    }


@pytest.fixture(scope="module")
def flown() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """The recorder's signals, what they should be, and the vehicle's reports, sample by sample."""
    with Session(seed=5, params=DISAGREES, faults=list(WRONG)) as session:
        plan = session.upload(ROOT / "examples" / "square.plan")
        recorder = Recorder(session, plan)
        rows, reports, velocity = [], [], []

        def look() -> None:
            rows.append(truth_now(session))
            velocity.append(session.service.vehicle._s[[M.S_VN, M.S_VE, M.S_VD]].copy())
            reports.append(session.service.vehicle.state.report.copy())

        session.start()
        while not recorder.over:
            session.run_for((200 - session.service.now_ms % 200) / 1000.0)
            look()
        home, items = session.stood[0], plan.items
        signals = recorder.signals()
    truth = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    felt = np.gradient(np.array(velocity), truth["time"], axis=0) - (0.0, 0.0, L.GRAVITY)
    truth["load"] = np.linalg.norm(felt, axis=1) / L.GRAVITY
    truth["plan_distance"] = distance_to_legs(truth["north"], truth["east"], legs_of(home, items))
    truth["fence_distance"] = distance_to_fence(truth["north"], truth["east"], home, parse_fence(plan.fence))
    return {name: values[-len(rows) :] for name, values in signals.items()}, truth, np.array(reports)


def test_every_signal_is_the_simulators_truth_or_the_vehicles_own_state(flown) -> None:
    signals, truth, _ = flown
    assert set(signals) == set(truth) == NUMBERS | TEXTS, "a signal without a truth to hold it against"
    assert list(signals["mode"]) == list(truth["mode"])
    assert signals["load"][1:] == pytest.approx(truth["load"][1:], abs=1e-6), "its first has no sample before"
    for name in NUMBERS - {"estimate_error", "load"}:
        assert np.asarray(signals[name], float) == pytest.approx(truth[name], abs=1e-6), name
    has_position = signals["estimate_error"] > 0.0
    assert has_position.mean() > 0.9
    assert signals["estimate_error"][has_position] == pytest.approx(truth["estimate_error"][has_position], abs=0.02)


def test_in_that_flight_the_vehicle_is_wrong_about_each(flown) -> None:
    """Else the test above could not tell truth from belief."""
    signals, _, reports = flown
    believed = {
        "height": -reports[:, R.DOWN],
        "north": reports[:, R.NORTH],
        "east": reports[:, R.EAST],
        "speed": reports[:, R.GROUND_SPEED],
        "climb": -reports[:, R.VD],
        "battery": reports[:, R.BATT_FRACTION],
        "landed": reports[:, R.LANDED_STATE] == 1.0,
        "wind": np.hypot(reports[:, R.WIND_N], reports[:, R.WIND_E]),
        "bank": np.degrees(reports[:, R.ROLL]),
        "airspeed": reports[:, R.AIR_SPEED],
        "tilt": np.degrees(np.arccos(np.cos(reports[:, R.ROLL]) * np.cos(reports[:, R.PITCH]))),
    }
    for name, values in believed.items():
        assert float(np.max(np.abs(np.asarray(signals[name], float) - values))) > 0.1, name
    assert set(np.asarray(signals["failsafe"])) == {0.0, 1.0}
    assert signals["touchdown"][-1] > 0.5
    assert reports[-1, R.BATT_FRACTION] > 0.95 > 0.7 > signals["battery"][-1]


def test_a_battery_that_runs_empty_breaks_its_judge_whatever_its_monitor_counts(tmp_path: Path) -> None:
    """0.5 Ah, of which BATT_CAPACITY says 3.3: the copter falls, and its monitor shows 85 %."""
    file = tmp_path / "study.toml"
    file.write_text(
        f"""
plan = "{ROOT}/examples/survey.plan"
[params]
SIM_BATT_CAP_AH = "{{capacity}}"
[vary]
capacity = {{ grid = [0.5, 5.1] }}
[sample]
method = "grid"
[judge]
saves_battery = "always(battery > 0.2)"
""",
        encoding="utf-8",
    )
    study = Study.read(file)
    small, large = (fly_run(study, run, given).row for run, given in enumerate(study.inputs()))
    assert (small.result, small.ok) == ("failed", False)
    assert small.figures["battery_left"] == pytest.approx(0.0, abs=0.01)
    assert large.ok
    assert large.figures["battery_left"] > 0.6


class _Jumps:
    """A vehicle to which something happens after 400 ms."""

    has_events = False

    def advance(self, until_ms: int) -> int:
        self.has_events = until_ms >= 400
        return min(until_ms, 400)


class _EachFifth:
    def __init__(self) -> None:
        self.seen: list[int] = []

    def next_sample_ms(self) -> int:
        return 200 * (len(self.seen) + 1)

    def sample(self, now_ms: int) -> None:
        if now_ms >= self.next_sample_ms():
            self.seen.append(now_ms)


def test_a_sample_at_the_instant_of_an_event_is_taken_after_the_decision() -> None:
    watchers, sampler = Watchers(), _EachFifth()
    watchers.sample_by(sampler)
    assert watchers.move(_Jumps(), 1000) == 400
    assert sampler.seen == [200], "the pass has not decided yet"
    for observer in watchers.observers:
        observer([], 400)
    assert sampler.seen == [200, 400]


def test_a_flight_that_is_sampled_makes_a_pass_only_where_something_is_due() -> None:
    with Session(seed=1) as session:
        plan = session.upload([MissionItem(Cmd.NAV_TAKEOFF, z=10.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)])
        recorder = Recorder(session, plan)
        session.start()
        assert session.pass_until(lambda _: recorder.over, 300.0, 300.0)
        time = recorder.signals()["time"]
        assert session.time_s == time[-1], "it ended with its last sample"
        assert session.service.passes < time[-1], f"{session.service.passes} passes in {time[-1]} s"


def test_reports_that_a_vehicle_keeps_by_itself_are_those_of_a_stop_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, from boot to its end."""

    def flown() -> list[np.ndarray]:
        with Session(seed=1) as session:
            plan = session.upload([MissionItem(Cmd.NAV_TAKEOFF, z=10.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)])
            recorder = Recorder(session, plan)
            session.start()
            assert session.pass_until(lambda _: recorder.over, 300.0, 300.0)
            return [np.asarray(values) for values in recorder.signals().values()]

    stops: list[int] = []
    sample = Recorder.sample
    monkeypatch.setattr(Recorder, "sample", lambda recorder, now_ms: (stops.append(now_ms), sample(recorder, now_ms)))
    kept, few = flown(), len(stops)
    stops.clear()
    monkeypatch.setattr(Recorder, "every_ms", 0)
    stopped = flown()
    assert few < 0.5 * len(stops)
    assert [values.tobytes() for values in kept] == [values.tobytes() for values in stopped]


def test_signals_of_a_plane_that_circles() -> None:
    """Load and bank of a circle belong together; the airspeed is that demanded, with room to the stall."""
    with Session(vehicle="sim:plane", seed=1) as session:
        plan = session.upload(ROOT / "examples" / "plane.plan")
        recorder = Recorder(session, plan)
        session.start()
        session.run_for(110.0)
        signals = {name: np.asarray(values, float) for name, values in recorder.signals().items() if name in NUMBERS}
    flies = (signals["time"] > 60.0) & (np.abs(signals["climb"]) < 0.3)
    turns = flies & (np.abs(signals["bank"]) > 20.0)
    assert turns.sum() > 20
    expected = 1.0 / np.cos(np.radians(signals["bank"][turns]))
    assert np.median(np.abs(signals["load"][turns] - expected)) < 0.1
    assert signals["load"][turns].mean() > 1.05
    assert signals["airspeed"][flies] == pytest.approx(22.0, abs=3.0)
    assert 10.0 < signals["stall_margin"][flies].min() < 40.0
    assert signals["stall_margin"][0] == 90.0


def test_signals_that_nobody_asks_for_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge asks for few of them; a dictionary of them is what was asked for one by one."""
    made: list[str] = []
    monkeypatch.setattr(signals_module, "_airspeed", lambda r: made.append("airspeed") or np.zeros(len(r)))
    with Session() as session:
        recorder = Recorder(session, session.upload([MissionItem(Cmd.NAV_TAKEOFF, z=10.0)]))
        session.run_for(2.0)
        signals = recorder.signals()
    assert set(signals) == NUMBERS | TEXTS
    assert float(signals["time"][-1]) == 2.0
    assert not made
    assert dict(signals)["height"] is signals["height"]
    assert made == ["airspeed"]
