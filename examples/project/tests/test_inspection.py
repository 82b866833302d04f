"""The inspection, flown by pymavlink over a real socket; what it cannot know, the test asks the simulator."""

import pytest
from skywork.inspection import Refused, inspect


def test_it_looks_and_comes_home(sortie_server):
    inspect(sortie_server.connect(), height=8.0, stay_s=5.0)
    sortie_server.vehicle.lands_within(1.5)


@pytest.mark.sortie(wind=(6, 270, 1.5), params={"SIM_BATT_CAP_AH": 1.0, "BATT_CAPACITY": 1000})
def test_it_comes_home_when_the_battery_runs_down(sortie_server):
    vehicle = sortie_server.vehicle
    inspect(sortie_server.connect(), height=8.0, stay_s=3600.0, least_battery=60)
    assert vehicle.state.battery.remaining > 0.4
    vehicle.lands_within(3.0)


@pytest.mark.sortie(faults=["gps.loss"], armable=False)
def test_it_does_not_fly_without_a_position(sortie_server):
    with pytest.raises(Refused):
        inspect(sortie_server.connect(), height=8.0, stay_s=5.0)
    assert not sortie_server.vehicle.state.armed
