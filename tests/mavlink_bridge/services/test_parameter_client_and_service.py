"""Our parameter client against our service over real frames and a bad radio."""

from __future__ import annotations

from typing import Any

import pytest

from autopilot.parameters import Parameters
from autopilot.parameters.definition import to_float32
from autopilot.vehicles.kinds import COPTER
from mavlink_bridge.clients import Target
from mavlink_bridge.clients.parameters import ParameterList, ParameterOutcome, ParameterRead, ParameterWrite
from mavlink_bridge.services.parameters import ParameterService
from tests.fakes.two_ends import TwoEnds

VEHICLE = Target(1, 1)
ROOM = 4096


class Ends(TwoEnds):
    """Two ends with parameters."""

    def __init__(self, **radio: Any) -> None:
        super().__init__(**radio)
        self.parameters = Parameters(COPTER.parameters)
        self.vehicle.add_service(
            ParameterService(self.parameters, self.journal, room=lambda link: ROOM - self.vehicle.out_queue(link).size)
        )

    def finish(self, client: Any) -> Any:
        self.add(client)
        self.run(lambda: client.done)
        return client


@pytest.mark.parametrize("loss", [0.0, 0.1, 0.25])
def test_the_whole_list_arrives_whatever_is_lost(loss: float) -> None:
    """The gaps are read by index."""
    ends = Ends(loss=loss, duplicate=0.1, reorder=0.1, delay_ms=5)
    client = ends.finish(ParameterList(VEHICLE))
    assert client.outcome is ParameterOutcome.ACCEPTED
    assert {name: one.value for name, one in client.values.items()} == {
        name: ends.parameters[name] for name in ends.parameters.names()
    }


def test_two_stations_load_at_once() -> None:
    ends = Ends(delay_ms=5)
    clients = [ends.add(ParameterList(VEHICLE), ends.station(system)) for system in (255, 245)]
    ends.run(lambda: all(client.done for client in clients))
    assert [len(client.values) for client in clients] == [len(ends.parameters)] * 2


@pytest.mark.parametrize(("name", "value"), [("RTL_ALT", 2500), ("ATC_RAT_RLL_P", to_float32(0.11)), ("WP_SPD", 7.25)])
def test_a_write_is_confirmed_by_the_very_value(name: str, value: float) -> None:
    ends = Ends(loss=0.25, delay_ms=5)
    assert ends.finish(ParameterWrite(VEHICLE, name, value)).outcome is ParameterOutcome.ACCEPTED
    assert ends.parameters[name] == value
    assert ends.finish(ParameterRead(VEHICLE, name)).value.value == value


def test_a_write_that_is_refused_ends_with_what_holds() -> None:
    client = Ends().finish(ParameterWrite(VEHICLE, "MIS_TOTAL", 3))
    assert (client.outcome, client.value.value) == (ParameterOutcome.REFUSED, 0)


def test_an_unknown_name_is_known_as_such_at_once() -> None:
    """No vehicle answers for it, but the vehicle answers for the first of its list."""
    ends = Ends(delay_ms=5)
    begun_ms = ends.now_ms
    assert ends.finish(ParameterRead(VEHICLE, "NO_SUCH")).outcome is ParameterOutcome.UNKNOWN
    assert ends.now_ms - begun_ms < 250


def test_a_silent_vehicle_is_not_taken_for_one_without_the_parameter() -> None:
    ends = Ends(loss=1.0)
    assert ends.finish(ParameterRead(VEHICLE, "RTL_ALT")).outcome is ParameterOutcome.TIMEOUT


@pytest.mark.parametrize("seed", range(5))
def test_what_a_radio_loses_is_not_unknown(seed: int) -> None:
    names = ("RTL_ALT", "WP_SPD", "WPNAV_SPEED_UP", "LAND_SPEED")
    ends = Ends(loss=0.25, reorder=0.1, delay_ms=5, seed=seed)
    reading = ends.finish(ParameterRead(VEHICLE, *names, "NO_SUCH"))
    assert reading.outcome is ParameterOutcome.UNKNOWN
    assert reading.values == {name: ends.parameters[name] for name in names}
