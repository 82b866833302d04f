"""Energy has consequences: what nothing feeds does not burn, does not hear, does not transmit."""

from __future__ import annotations

from depot.names import EndedBy
from tests.fakes.changed_motion import ChangedMotion
from tests.fakes.loop_run import PROFILE, LoopBench


def test_a_skimmer_without_power_neither_burns_nor_transmits() -> None:
    """All three batteries are empty on the way out and its arrays give nothing: it coasts in silence until T_DEATH."""
    bench = LoopBench()
    while "follow_trajectory" not in bench.names("skimmer"):
        bench.step()
    world = bench.loop.world
    ChangedMotion(world, sunlit=lambda lit: False)
    skimmer = world.state.skimmer
    for battery in (skimmer.batt_a, skimmer.batt_b, skimmer.batt_res):
        world.state.accounts.book("fault", battery.draw(battery.j))
    bench.run_to(bench.loop.now_ms / 1000.0 + 100.0)
    kg, heard_ms = skimmer.lobes.kg, bench.loop.depot.memory.status_ms
    bench.run()
    assert skimmer.lobes.kg == kg and bench.loop.depot.memory.status_ms == heard_ms
    assert (bench.last["outcome"], bench.last["abort"]) == ("lost", "ABORT-2B")
    assert bench.loop.ended_by is EndedBy.LOST


def test_a_disposal_is_over_when_its_batteries_are() -> None:
    """Nothing charges them any more: its telemetry ends, and that is the loss, before T_DEATH."""
    bench = LoopBench("imu_loss@phase4+1000")
    while "start_harvest" not in bench.names("skimmer"):
        bench.step()
    world = bench.loop.world
    lobes = world.state.skimmer.lobes
    world.state.outside.book("leak", "CH4", lobes.kg - 10.0)
    lobes.kg = 10.0
    while "disposal_reported" not in bench.names():
        bench.step()
    ChangedMotion(world, sunlit=lambda lit: False)
    bench.run()
    lost = bench.decision("declare_lost")
    assert lost.reason == "telemetry of the disposal has ended" and world.state.skimmer.batt_res.j == 0.0
    assert lost.time_ms / 1000.0 < bench.decision("launch").facts["t_death_due_s"] - PROFILE.heartbeat.period_s
