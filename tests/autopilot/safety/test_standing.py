"""A vehicle that stands and that nobody asks anything: what its pre-arm looks find is told as by a pass each second."""

from __future__ import annotations

import pytest

from autopilot.context.events import StatusText
from sortie import Session

_PREARM = 0x10000000  # MAV_SYS_STATUS_PREARM_CHECK
_TEXT = "PreArm: Compass not healthy"


@pytest.mark.parametrize("heard", [False, True])
def test_a_reason_that_comes_and_goes_is_noticed_and_said(heard: bool) -> None:
    """Within a second of the fault, every 30 s on the grid of its displays, and no more a second after its end; to a
    station, too, which listens only."""
    with Session(seed=3, faults=("compass.loss@50.5..125.5",)) as session:
        said: list[int] = []
        session.service.observers.append(
            lambda events, now_ms: said.extend(
                now_ms for event in events if isinstance(event, StatusText) and event.text == _TEXT
            )
        )
        link = session.connect() if heard else None
        for until_s, ok in ((50.4, True), (51.1, False), (125.4, False), (126.6, True), (200.0, True)):
            session.run_for(until_s - session.time_s)
            assert session.autopilot.prearm.ok is ok, until_s
            if link is not None:
                told = [one for one in link.messages() if one.get_type() == "SYS_STATUS"][-1]
                assert bool(told.onboard_control_sensors_health & _PREARM) is ok, until_s
        assert said == [60_000, 90_000, 120_000]


def test_one_that_stays_is_said_from_the_first_display_on() -> None:
    """A pass is made for each, though nothing has changed."""
    with Session(seed=3, faults=("compass.loss@1",)) as session:
        session.run_for(100.0)
        said = [event.text for event in session.events_of(StatusText)].count(_TEXT)
        assert not session.autopilot.prearm.ok and said == 3


@pytest.mark.parametrize("found_s", [None, 70.5])
def test_home_is_set_when_there_is_a_position(found_s: float | None) -> None:
    fault = "gps.loss@0" + (f"..{found_s}" if found_s else "")
    with Session(seed=3, faults=(fault,)) as session:
        session.run_for(70.4 - session.time_s)
        assert session.autopilot.facts.home is None and not session.autopilot.prearm.ok
        session.run_for(20.0)
        assert (session.autopilot.facts.home is not None) is session.autopilot.prearm.ok is (found_s is not None)


def test_home_is_set_again_where_it_was_lost_though_nothing_happens() -> None:
    """The look is what finds it; the vehicle raises no event."""
    with Session(seed=3) as session:
        session.wait_armable()
        session.run_for(10.0)
        session.autopilot.facts.home = None
        session.run_for(2.1)
        assert session.autopilot.facts.home is not None
