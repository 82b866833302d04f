"""STAT_: what is counted over the life of a vehicle, when it is kept, and how it begins anew."""

from __future__ import annotations

from autopilot.context.journal import SaveParameter
from tests.fakes.core_bench import Bench

EPOCH_2016_S = 1_451_606_400


def kept(bench: Bench, name: str) -> list[float | None]:
    return [one.value for one in bench.journal.changes if isinstance(one, SaveParameter) and one.name == name]


def fly(bench: Bench, seconds: float) -> None:
    assert bench.core.arming.arm(bench.now_ms).ok
    bench.run(seconds)
    assert bench.core.arming.disarm(bench.now_ms).ok


def test_each_start_is_counted_and_kept() -> None:
    bench = Bench()
    bench.core.statistics.switched_on()
    assert bench.parameters["STAT_BOOTCNT"] == 1.0
    assert kept(bench, "STAT_BOOTCNT") == [1.0]


def test_the_time_that_it_was_on_is_kept_at_disarming_and_at_the_end() -> None:
    bench = Bench()
    fly(bench, 6.0)
    assert kept(bench, "STAT_RUNTIME") == [7.0], "a second before it was armed"
    bench.run(4.5)
    bench.core.statistics.count_time(bench.now_ms)
    bench.run(0.6)
    bench.core.statistics.count_time(bench.now_ms)
    assert kept(bench, "STAT_RUNTIME") == [7.0, 11.0, 12.0], "parts of a second are not lost"


def test_a_reset_begins_anew() -> None:
    """STAT_RESET 0: the counts are 0, and it tells when, in seconds since 2016."""
    bench = Bench(boot_unix_s=EPOCH_2016_S + 5000.0)
    bench.core.statistics.switched_on()
    fly(bench, 6.0)
    bench.parameters.set("STAT_RESET", 0)
    counts = [bench.parameters[f"STAT_{name}"] for name in ("BOOTCNT", "FLTTIME", "RUNTIME")]
    assert counts == [0.0, 0.0, 0.0]
    assert bench.parameters["STAT_RESET"] == 5000.0 + bench.now_ms // 1000
    fly(bench, 3.0)
    assert (bench.parameters["STAT_FLTTIME"], bench.parameters["STAT_RUNTIME"]) == (3.0, 3.0)


def test_a_file_of_parameters_resets_nothing() -> None:
    bench = Bench()
    fly(bench, 6.0)
    bench.parameters.set("STAT_RESET", 123456)
    assert bench.parameters["STAT_FLTTIME"] == 6.0
    assert bench.parameters["STAT_RESET"] == 123456.0
