"""A PX4 that flies in our world, as a `Session` has it: the stand-in for its simulator interface, behind it the
stand-in for its commander. One flight for all, since each sample takes two processes some hundred microseconds."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from sortie import Session
from sortie.api.simulation import inject
from sortie.config.errors import UserError
from tests.stand_in import px4_hil
from tests.stand_in.px4_build import build


@pytest.fixture
def vehicle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One that is not the first PX4 of this machine: by itself it would be another system."""
    monkeypatch.setenv("SORTIE_STAND_IN", "fly")
    with ExitStack() as stack:
        with suppress(OSError):  # somebody else's then
            stack.enter_context(socket.create_server(("127.0.0.1", px4_hil.SIMULATOR)))
        yield f"px4:copter={build(tmp_path / 'build', px4_hil.PROGRAM)},world=ours"


def test_it_takes_off_untuned_hovers_and_its_body_fails(vehicle: str) -> None:
    with Session(vehicle) as session:
        session.wait_armable(60.0)
        session.set_mode("GUIDED")
        session.arm()
        session.run_until(lambda flown: flown.state.armed, 5.0)
        session.takeoff(5.0)
        session.run_until(lambda flown: -flown.truth.position[2] > 4.5, 20.0)
        session.run_for(2.0)
        north, east, down = session.truth.position
        assert abs(down + 5.0) < 1.0
        assert abs(north) + abs(east) < 2.0
        inject(session.service, "motor1.loss")
        session.run_for(3.0)
        assert -session.truth.position[2] < 1.0, "three motors do not carry it"


def test_a_fault_that_nobody_has_is_refused(vehicle: str) -> None:
    with pytest.raises(UserError, match="no PX4 in Sortie's simulator can have it"):
        Session(vehicle, faults=["rate.freeze@1"])


def test_a_kind_that_px4_does_not_fly_here_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown vehicle"):
        Session(f"px4:rover={build(tmp_path / 'build', px4_hil.PROGRAM)},world=ours")
