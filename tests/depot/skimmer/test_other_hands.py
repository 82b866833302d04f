"""Somebody else has the vehicle: the skimmer controller commands nothing, and goes on when it is given back."""

from __future__ import annotations

import pytest

from depot.messages import DepotCommand, RequestResult
from depot.names import SkimmerStage
from depot.readings import SkimmerPlace, SkimmerReading
from tests.fakes.loop_run import LoopBench


class Hands(LoopBench):
    """A loop whose craft says who has it, and writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.holder = ""
        self.told: list[str] = []
        world, read = self.loop.world, self.loop.world.skimmer_reading

        def reading() -> SkimmerReading:
            seen = read()
            seen.controlled_by = self.holder
            return seen

        world.skimmer_reading = reading
        for name in ("stand_aside", "resume", "turn_back"):
            setattr(world, name, self.noting(name, getattr(world, name)))

    def noting(self, name: str, do: object) -> object:
        """A command that is written down and carried out."""
        return lambda *given: (self.told.append(name), do(*given))[1]

    def fly_to(self, stage: SkimmerStage) -> None:
        """As far as that, in nobody's hands but its own."""
        while self.loop.skimmer.memory.stage is not stage:
            self.step()
        self.told.clear()

    def held_by(self, who: str) -> None:
        """From the next look on."""
        self.holder = who
        while self.loop.skimmer.memory.controlled_by != who:
            self.step()


@pytest.mark.parametrize("stage", [SkimmerStage.OUTBOUND, SkimmerStage.HARVEST])
def test_given_back_on_its_way_out_it_goes_on_with_its_plan(stage: SkimmerStage) -> None:
    """Stood aside once, whoever has it meanwhile; then it resumes, and both are said."""
    bench = Hands()
    bench.fly_to(stage)
    bench.held_by("taken_over")
    bench.held_by("restart")
    assert bench.told == ["stand_aside"]
    bench.held_by("")
    assert bench.told == ["stand_aside", "resume"]
    assert bench.loop.skimmer.memory.stage is stage
    said = [d for d in bench.decisions if d.name in ("taken_over", "given_back")]
    assert [d.name for d in said] == ["taken_over", "taken_over", "given_back"]
    assert said[-1].facts == {"had": "restart"}


def test_given_back_on_its_way_home_it_flies_home() -> None:
    """From where it was left, once more."""
    bench = Hands()
    bench.fly_to(SkimmerStage.RETURN)
    bench.held_by("taken_over")
    bench.held_by("")
    assert bench.told == ["stand_aside", "turn_back"]
    assert bench.loop.skimmer.memory.stage is SkimmerStage.RETURN


def test_a_harvest_is_judged_at_its_end_by_the_time_in_which_it_was_the_skimmer_s() -> None:
    """Held for more than half of it: what comes in is little, and as much as expected."""
    bench = Hands()
    bench.fly_to(SkimmerStage.HARVEST)
    bench.held_by("taken_over")
    given_back_ms = bench.loop.now_ms + 130_000_000
    while bench.loop.now_ms < given_back_ms:
        bench.step()
    bench.held_by("")
    bench.run()
    ended = bench.decision("harvest_ended").facts
    assert ended["time_in_harvest_s"] < 90_000.0
    assert ended["expected_kg"] == pytest.approx(ended["expected_by_skimmer_kg"], rel=0.2)
    assert (bench.last["outcome"], bench.last["trigger"]) == ("completed", None)


def test_the_time_of_a_harvest_ends_with_it_when_a_person_asks_for_the_vehicle() -> None:
    """Otherwise the loop would stand still at its end, on the way home or in the next sortie."""
    bench = Hands()
    bench.fly_to(SkimmerStage.HARVEST)
    bench.held_by("taken_over")
    bench.holder = ""
    skimmer, now_ms = bench.loop.skimmer, bench.loop.now_ms
    over_ms = skimmer.memory.harvest_until_ms = now_ms + 600_000
    skimmer.person_asks(now_ms)
    assert bench.told == ["stand_aside", "turn_back"]
    for _ in range(100):
        bench.step()
    assert bench.loop.now_ms > over_ms and skimmer.next_deadline_ms() > bench.loop.now_ms


def test_the_time_of_a_harvest_ends_with_it_when_others_land_the_vehicle_in_its_dock() -> None:
    """The next launch does not find it."""
    bench = Hands()
    bench.fly_to(SkimmerStage.HARVEST)
    bench.held_by("taken_over")
    bench.loop.world.state.place = SkimmerPlace.DOCK
    while bench.loop.skimmer.memory.stage is not SkimmerStage.DOCKED:
        bench.step()
    assert bench.loop.skimmer.memory.harvest_until_ms is None


@pytest.mark.parametrize(
    ("stage", "order"),
    [
        (SkimmerStage.HARVEST, DepotCommand.RECALL),
        (SkimmerStage.HOLDING, DepotCommand.CLEARANCE),
        (SkimmerStage.APPROACH, DepotCommand.WAVE_OFF),
    ],
)
def test_orders_are_refused_while_somebody_else_has_the_vehicle(stage: SkimmerStage, order: DepotCommand) -> None:
    bench = LoopBench()
    controller = bench.loop.skimmer
    controller.memory.stage, controller.memory.controlled_by = stage, "pilot"
    assert controller.handle_order(order, 1_000) is RequestResult.REFUSED
    assert (controller.memory.stage, controller.memory.recalled) == (stage, False)


def test_that_somebody_else_has_the_vehicle_is_told_at_once_and_until_it_is_known() -> None:
    """Meanwhile the time of its harvest is nothing to wait for."""
    bench = Hands()
    bench.fly_to(SkimmerStage.HARVEST)
    controller = bench.loop.skimmer
    memory, now_ms = controller.memory, bench.loop.world.state.now_ms
    memory.harvest_until_ms, memory.repeat_ms, bench.holder = now_ms, None, "pilot"
    controller._step(bench.loop.world.skimmer_reading(), now_ms)
    assert (memory.out + memory.unsent)[-1].taken_over  # sent, or kept until the window opens
    assert memory.repeat_ms is not None
    assert controller.next_deadline_ms() > now_ms


def test_a_recall_that_other_hands_refuse_is_no_silence() -> None:
    """It is heard and answers: no ABORT-2B, and the recall is given again when it has its vehicle."""
    bench = Hands()
    bench.fly_to(SkimmerStage.HARVEST)
    bench.held_by("taken_over")
    bench.loop.world.inject("debris")
    bench.run_to(bench.loop.now_ms / 1000.0 + 10_000.0)
    assert {"debris", "ABORT-2B", "recall_refused"} & set(bench.names("depot")) == {"debris", "recall_refused"}
    assert "recall" not in bench.names("skimmer")
    bench.held_by("")
    assert "recall" in bench.names("skimmer")
    bench.run()
    assert (bench.last["abort"], bench.last["trigger"]) == ("ABORT-2", "debris")
    assert bench.names("depot").count("recall_refused") == 1
