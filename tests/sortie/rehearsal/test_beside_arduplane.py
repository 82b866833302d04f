"""The simulator beside ArduPlane SITL: missions of wings, by recordings of the real one. `scripts/compare` writes them
(tests/data/arduplane-sitl.json)."""

from __future__ import annotations

from pathlib import Path
from struct import pack

import pytest

from scripts.compare import measured
from scripts.wing_flights import HOME, WingFlight, kept, read_log
from scripts.wing_measures import measures, unexplained
from scripts.wing_missions import MISSIONS, WingMission
from scripts.wing_reasons import BESIDE_ARDUPLANE

#: Flown in every run: each kind of item and of end once.
EACH_TIME = {"turns-left", "to-height", "landing", "go-around", "wind-8", "q-square"}
RECORDED = kept()


def _cases() -> list[object]:
    marks = {True: (), False: (pytest.mark.long,)}
    return [pytest.param(one, id=one.name, marks=marks[one.name in EACH_TIME]) for one in MISSIONS]


def test_each_mission_was_flown_by_the_real_one() -> None:
    assert [mission.name for mission in MISSIONS] == list(RECORDED)
    assert (sum(one.kind == "plane" for one in MISSIONS), len(MISSIONS)) == (20, 30)


@pytest.mark.parametrize("mission", _cases())
def test_it_flies_as_the_real_one(mission: WingMission) -> None:
    """Ways, heights, times, settled airspeed and energy; what is beyond its limit has its reason on the page."""
    assert unexplained(mission.name, measured(mission, RECORDED[mission.name]), BESIDE_ARDUPLANE) == []


def test_a_flight_that_goes_elsewhere_is_seen() -> None:
    """Beside the track, higher, later and with more energy: each measure fails by its own."""
    theirs = RECORDED["square"]
    moved = [(t, n, e + 20.0, up + 6.0, v + 1.5, bank, 1.2 * wh) for t, n, e, up, v, bank, wh in theirs.track]
    late = {seq: 1.1 * at_s + 0.1 for seq, at_s in theirs.items.items()}
    missed = {one.name for one in measures(WingFlight(moved, late), theirs) if not one.holds}
    assert missed >= {"track on legs, m", "height, m", "times, %", "settled airspeed, m/s", "energy, %"}
    assert all(one.holds for one in measures(theirs, theirs))


#: Messages of ArduPlane's log that its flight is read from: number, format, columns.
LOGGED = {
    "SIM": (1, "QfLLf", "TimeUS,Roll,Lat,Lng,Alt"),
    "SIM2": (2, "Qf", "TimeUS,As"),
    "BAT": (3, "Qf", "TimeUS,EnrgTot"),
    "MSG": (4, "QZ", "TimeUS,Message"),
}
SIZES = {"Q": 8, "f": 4, "L": 4, "Z": 64}


def logged(name: str, *values: float | bytes) -> bytes:
    number, form, _ = LOGGED[name]
    return pack("<3B" + form.replace("L", "i").replace("Z", "64s"), 0xA3, 0x95, number, *values)


def test_a_log_of_the_real_one_is_read(tmp_path: Path) -> None:
    """It stands for 2 s and climbs by 1 m/s; its takeoff ends at 6 s; energy counts from liftoff."""
    log = b"".join(
        pack(
            "<5B4s16s64s", 0xA3, 0x95, 128, number, 3 + sum(map(SIZES.get, form)), *map(str.encode, (name, form, names))
        )
        for name, (number, form, names) in LOGGED.items()
    )
    for second in range(10):
        log += logged("SIM2", 1_000_000 * second, 12.0) + logged("BAT", 1_000_000 * second, 0.5 * second)
        log += logged("MSG", 1_000_000 * second, b"Mission: 2 WP") if second == 6 else b""
        place = round(1e7 * HOME.lat), round(1e7 * HOME.lon), HOME.alt + max(second - 2.0, 0.0)
        log += logged("SIM", 1_000_000 * second, 3.0, *place)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "00000001.BIN").write_bytes(log)
    flight = read_log(tmp_path, None)
    assert flight.items == {2: 0.0}
    assert flight.track[0] == pytest.approx((-1.0, 0.0, 0.0, 3.0, 12.0, 3.0, 0.0), abs=0.02)
    assert flight.track[-1] == pytest.approx((3.0, 0.0, 0.0, 7.0, 12.0, 3.0, 2.0), abs=0.02)
