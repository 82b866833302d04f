"""The rules of both personalities as tables, walked whole: PX4's causes, phases and stages, ArduPilot's actions."""

from __future__ import annotations

import pytest

from autopilot.interface.reasons import ArmingMethod
from autopilot.personality.px4.failsafe_rules import PHASES, RULES, Cause, PhaseChange, Px4Action, Px4Phase, Takeover
from autopilot.personality.px4.flight_stages import STAGES, FlightStage, NextStep, Px4FlightEvent
from autopilot.vehicles.kinds import KINDS
from autopilot.vehicles.vehicle_class import FailsafeAction, VehicleClass
from sortie import Session
from tests.autopilot.personality.test_px4_failsafes import DEFAULTS, Bench

SETTINGS = [(cause, setting) for cause, rule in RULES.items() for setting in (rule.actions or {0: rule.otherwise})]
BATTERIES = {Cause.BATTERY_LOW: 0.14, Cause.BATTERY_CRITICAL: 0.06, Cause.BATTERY_EMERGENCY: 0.04}


def test_every_cause_has_a_rule_and_every_setting_a_value() -> None:
    """In the order in which they are looked at; parameters are those that PX4 has."""
    assert list(RULES) == list(Cause)
    assert {rule.setting for rule in RULES.values()} - {""} <= set(DEFAULTS)


@pytest.mark.parametrize("cause", Cause, ids=lambda cause: cause.name)
def test_what_begins_with_a_hold_is_at_least_a_hold(cause: Cause) -> None:
    """A takeover ends by what is at least a Hold; whatever is milder and waits would leave the phase behind."""
    rule = RULES[cause]
    for action in (*rule.actions.values(), rule.otherwise):
        if rule.takeover(action) is Takeover.AUTO and action > Px4Action.WARN:
            assert action >= Px4Action.HOLD


def test_the_phases_are_whole() -> None:
    assert set(PHASES) == {(phase, change) for phase in Px4Phase for change in PhaseChange}
    assert all(PHASES[phase, PhaseChange.FLIGHT] is Px4Phase.READY for phase in Px4Phase)
    assert {phase for phase in Px4Phase if PHASES[phase, PhaseChange.DELAYED] is Px4Phase.WAITING} == set(Px4Phase)


def test_the_stages_are_whole() -> None:
    """Whatever was asked for ends with the motors."""
    assert set(STAGES) == {(stage, happened) for stage in FlightStage for happened in Px4FlightEvent}
    assert all(STAGES[stage, Px4FlightEvent.STOPPED] is NextStep.REST for stage in FlightStage)
    assert set(STAGES.values()) == set(NextStep)


@pytest.mark.parametrize(("cause", "setting"), SETTINGS, ids=lambda value: str(getattr(value, "name", value)))
def test_each_setting_acts(cause: Cause, setting: int) -> None:
    """Without the Hold before it each row of the table ends in its own action."""
    rule = RULES[cause]
    given = {rule.setting: float(setting)} if rule.setting else {}
    bench = Bench(COM_FAIL_ACT_T=0.0, **given)
    failsafes, now_ms = bench.failsafes, bench.facts.now_ms
    if rule.only is not None:
        bench.ask(rule.only)
    match cause:
        case Cause.STICKS:
            failsafes.sticks_silent(1, now_ms)
        case Cause.STATION:
            failsafes.ground_station_silent(1, now_ms)
        case Cause.FENCE:
            failsafes.outside(now_ms)
        case Cause.SETPOINTS:
            failsafes.setpoints_changed(now_ms, lost=True)
        case _:
            failsafes._failed.add(cause)  # however the core comes to know of it
            failsafes._battery.level = cause if cause in BATTERIES else None
            failsafes._judge(now_ms)
    wanted = rule.actions.get(setting, rule.otherwise)
    if cause is Cause.POSITION:
        wanted = Px4Action.DESCEND  # nothing that holds a place can be flown
    assert failsafes.selected is wanted
    stops = wanted in (Px4Action.DISARM, Px4Action.TERMINATE)
    assert bool(bench.stopped) is stops
    if stops:
        final = ArmingMethod.FAILSAFE_TERMINATE if wanted is Px4Action.TERMINATE else ArmingMethod.GCS_FAILSAFE
        assert bench.stopped == [final]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_action_of_ardupilot_ends_in_a_mode_that_is_flown(kind: VehicleClass) -> None:
    """All settings of each failsafe and of the fence: an action that no mode is known for would do nothing, unless
    it stops the motors, or is none."""
    tables = kind.failsafes
    settings = (tables.battery, tables.ground_station, tables.radio, tables.fence)
    far = set() if tables.far_outside is None else {tables.far_outside}
    for action in far.union(*(table.values() for table in settings)):
        if action not in (FailsafeAction.TERMINATE, FailsafeAction.PARACHUTE, FailsafeAction.NONE):
            assert tables.modes[action]
            assert set(tables.modes[action]) <= set(kind.modes.specs)
    assert set(tables.text_instead) <= set(tables.modes)


@pytest.mark.parametrize(("firmware", "answers"), [
    ("ardupilot", (None, None, None, False, False)), ("px4", (10.0, 2.0, -1, True, True)),
])  # fmt: skip
def test_the_core_asks_one_port(firmware: str, answers: tuple[object, ...]) -> None:
    """How long motors run on, how a landing looks for its target, what a fence and a gimbal ask for."""
    with Session(firmware=firmware, seed=1) as session:
        port = session.autopilot.facts.personality
        asked = (port.preflight_delay_s(), port.landed_delay_s(), port.landing_strictness())
        assert (*asked, port.own_fence_action, port.asks_for_gimbal) == answers
        assert session.autopilot.vehicle_arming.runs_on is (answers[1] is not None)
