"""The go/no-go with every hard constraint, each alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from depot.decisions.planning import Derating, expected_delivery_kg, make_plan, no_go
from depot.messages import Status
from depot.names import ABORT_1_NAMES
from depot.readings import DepotReading
from depot.settings import Profile

PROFILE = Profile()
ROOM = {"CO2": 30_000.0, "CH4": 30_000.0, "H2": 3_000.0, "HE3": 60.0}
PLAN = make_plan(PROFILE, 1, Derating(), DepotReading(room_kg=ROOM))
GOOD: dict[str, Any] = {"room_kg": ROOM, "refuelled": True, "charged": True}


def failures(status: Status | None = None, **changed: Any) -> list[str]:
    """What fails when these readings differ from good ones."""
    return no_go(PROFILE, PLAN, DepotReading(**{**GOOD, **changed}), Status() if status is None else status)


def test_all_constraints_hold() -> None:
    """Go."""
    assert failures() == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"power_hold": True}, "no_go_power"),
        ({"soc": 0.1}, "no_go_power"),
        ({"thermal_hold": True}, "no_go_thermal"),
        ({"cryo_k": 99.0}, "no_go_thermal"),
        ({"comms_open": False}, "no_go_comms"),
        ({"window_left_s": PROFILE.plan.departure_s - 1.0}, "no_go_comms"),
        ({"room_kg": ROOM | {"CO2": 1_000.0}}, "no_go_tanks"),
        ({"room_kg": ROOM | {"CH4": 1_000.0}}, "no_go_tanks"),
        ({"room_kg": ROOM | {"H2": 10.0}}, "no_go_tanks"),
        ({"room_kg": ROOM | {"HE3": 0.1}}, "no_go_tanks"),
        ({"refuelled": False}, "propellant_not_ready"),
        ({"charged": False}, "batteries_not_ready"),
        ({"locks_ok": False}, "interfaces_not_ready"),
        ({"fluids_ok": False}, "interfaces_not_ready"),
        ({"data_ok": False}, "interfaces_not_ready"),
        ({"power_ok": False}, "interfaces_not_ready"),
        ({"debris": True}, "debris"),
        ({"o2_bar": 99.0}, "o2_overpressure"),
    ],
)
def test_each_constraint_alone_delays(changed: dict[str, Any], name: str) -> None:
    """Named as the reference names it."""
    assert failures(**changed) == [name]


@pytest.mark.parametrize(
    ("reported", "name"),
    [
        ({"drift_m": PROFILE.watch.drift_warn_m + 1.0}, "nav_drift"),
        ({"current_ratio": PROFILE.watch.current_ratio_max + 0.1}, "current_trend"),
        ({"signature_k": PROFILE.watch.signature_max_k + 1.0}, "thermal_signature"),
    ],
)
def test_telemetry_that_would_recall_the_sortie_delays_it(reported: dict[str, Any], name: str) -> None:
    """Reported at the dock already."""
    assert failures(Status(**reported)) == [name]


def test_a_plan_without_time_to_harvest_is_not_launched() -> None:
    """Where propellant or charge leave none."""
    plan = msgspec.structs.replace(PLAN, harvest_s=0.0)
    assert no_go(PROFILE, plan, DepotReading(**GOOD), Status()) == ["no_time_to_harvest"]


def test_a_skimmer_that_says_nothing_is_no_go() -> None:
    """The comms window is not viable."""
    assert no_go(PROFILE, PLAN, DepotReading(**GOOD), None) == ["no_go_comms"]


def test_missed_heartbeats_at_the_dock_and_a_store_that_is_being_emptied_delay() -> None:
    """What would recall the sortie is no reason to begin it."""
    status, reading = Status(), DepotReading(**GOOD)
    assert no_go(PROFILE, PLAN, reading, status, misses=1) == ["heartbeat_loss"]
    assert no_go(PROFILE, PLAN, reading, status, leftover=True) == ["store_not_empty"]


def test_sensors_that_were_not_found_alive_stop_a_launch_by_themselves() -> None:
    """Whatever the watches say."""
    assert no_go(PROFILE, PLAN, DepotReading(**GOOD), Status(), verified=False) == ["sensors_not_verified"]


@pytest.mark.parametrize("name", ABORT_1_NAMES)
def test_a_fault_that_would_abort_the_sortie_is_no_reason_to_begin_it(name: str) -> None:
    """Before phase 3 it is a no-go."""
    assert failures(Status(trips=1 << ABORT_1_NAMES.index(name))) == [name]


def test_the_room_needed_is_what_the_plan_would_deliver() -> None:
    """One kilogram less is a no-go; a derated plan needs less."""
    coming = expected_delivery_kg(PROFILE, PLAN)
    co2_kg = coming["CO2"]
    assert co2_kg / (sum(coming.values()) - co2_kg) == pytest.approx(3.0)
    assert failures(room_kg=ROOM | {"CO2": co2_kg}) == []
    assert failures(room_kg=ROOM | {"CO2": co2_kg - 1.0}) == ["no_go_tanks"]
    derated = make_plan(PROFILE, 2, Derating(0.7, 0.75), DepotReading(room_kg=ROOM))
    assert expected_delivery_kg(PROFILE, derated)["CO2"] < 0.8 * co2_kg
    fills_s = 0.7 * PLAN.store_kg / (PROFILE.skimmer.intake_kg_s * (1.0 - PROFILE.skimmer.spread))
    assert derated.harvest_s == pytest.approx(min(0.75 * PROFILE.plan.harvest_s, fills_s))
    assert derated.t_sortie_s == pytest.approx(PLAN.t_sortie_s - PLAN.harvest_s + derated.harvest_s)
