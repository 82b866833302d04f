"""What an installed package raises in flight ends no flight: it is told, and the vehicle stays under control."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from autopilot.context.events import StatusText
from autopilot.core.extensions import ClaimError, Extensions, OwnItem, OwnMode, Packaged
from autopilot.mission.commands import Ability, CommandSpec, Slot
from autopilot.mission.events import ItemReached
from autopilot.mission.executor import CommandStartResult
from autopilot.mission.items import MissionItem
from autopilot.modes.mode import Mode
from autopilot.vehicles.mode_table import ModeSpec
from sortie import Session

NUMBER = 150
COMMAND = 31001
Told = list[str]


def broken(*_: object) -> Any:
    raise ValueError("broken")


class Executor:
    """Accepts its items, and has them done at once."""

    def start_command(self, cmd: MissionItem) -> CommandStartResult:
        return CommandStartResult.ACCEPTED

    def verify_command(self, cmd: MissionItem) -> bool:
        return True

    def on_mission_complete(self) -> None:
        """There is nothing to end."""


def extensions(method: str) -> Extensions:
    """A mode and an executor of missions, of which this method raises."""
    mode, executor = type("Failing", (Mode,), {method: broken}), type("FailingItems", (Executor,), {method: broken})
    spec = CommandSpec(COMMAND, "Own", Slot.NAV, Ability.ANY)
    return Extensions(
        modes=(Packaged("alpha", OwnMode(ModeSpec(NUMBER, "FAILING"), mode)),),
        items=(Packaged("alpha", OwnItem(spec, lambda _: executor())),),
    )


@contextmanager
def flying(method: str) -> Iterator[tuple[Session, Told]]:
    """At 10 m in GUIDED, and what was told of the package."""
    told: Told = []
    with Session() as session:
        extensions(method).install(session.autopilot, lambda error, where: told.append(f"{where}: {error}"))
        session.wait_armable()
        session.set_mode("GUIDED")
        session.arm()
        session.takeoff(10.0)
        session.run_until(lambda one: one.state.height > 9.0)
        yield session, told


def texts(session: Session) -> list[str]:
    return [event.text for event in session.events_of(StatusText)]


@pytest.mark.parametrize("method", ["enter", "update", "next_deadline_ms"])
def test_a_mode_that_fails_holds_where_it_is(method: str) -> None:
    """Told once; another mode is entered as ever, and the one that has failed may be tried again."""
    with flying(method) as (session, told):
        session.set_mode("FAILING")
        session.run_for(20.0)
        assert (session.state.mode, told) == ("FAILING", ["mode FAILING of package alpha: broken"])
        assert session.state.armed
        assert 8.0 < session.state.height < 12.0
        assert "Mode FAILING failed: holding" in texts(session)
        session.set_mode("LOITER")
        assert session.state.mode == "LOITER"
        session.set_mode("FAILING")
        session.run_for(1.0)
        assert len(told) == 2


def test_a_mode_whose_refusal_fails_is_refused() -> None:
    """With what it raised, in the mode that flies."""
    with flying("refusal") as (session, told):
        assert not session.autopilot.modes.set(NUMBER, session.service.now_ms).ok
        session.run_for(1.0)
        assert session.state.mode == "GUIDED"
        assert told == ["mode FAILING of package alpha: broken"]
        assert "Mode change to FAILING failed: ValueError: broken" in texts(session)


@pytest.mark.parametrize("method", ["start_command", "verify_command", "on_mission_complete"])
def test_an_item_that_fails_is_passed_over(method: str) -> None:
    """The mission goes on behind it."""
    with flying(method) as (session, told):
        here = session.autopilot.facts.home
        assert here is not None
        session.upload([MissionItem(COMMAND), MissionItem(16, 3, x=here.lat + 0.0002, y=here.lon, z=10.0)])
        session.set_mode("AUTO")
        session.run_for(40.0)
        assert session.events_of(ItemReached)[-1].seq == 2
        assert told == ["mission items of package alpha: broken"]
        assert "Mission item failed: passed over" in texts(session)
        assert session.state.armed


def test_a_mode_that_cannot_be_made_is_a_claim_that_fails() -> None:
    """One line, with the package and what it raised."""
    with Session() as session:
        wrong = Extensions(modes=(Packaged("alpha", OwnMode(ModeSpec(NUMBER, "FAILING"), broken)),))
        with pytest.raises(ClaimError, match="package alpha: mode FAILING cannot be made: ValueError: broken"):
            wrong.install(session.autopilot, lambda *_: None)
