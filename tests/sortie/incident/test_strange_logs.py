"""Logs that no firmware would write: each is a scenario or one sentence, whatever clock, formats and figures say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan
from pathlib import Path
from random import Random
from struct import pack, unpack_from

import pytest

from autopilot.mav import Cmd
from sortie.commands.cli import run as main
from sortie.config.errors import UserError
from sortie.incident.build import Built, build
from sortie.incident.evidence import read_evidence
from sortie.reading.facts import FlightFacts
from sortie.reading.logs import read_log
from sortie.reading.trace import read_trace
from tests.sortie.incident.older_logs import BOOT_S, FIRMWARES, Row, older_log, told, written
from tests.sortie.reading.made import telemetry, ulog

NEWEST = "ArduCopter V4.1.5 (e02eb2a5)"
OLDEST = "ArduCopter V3.1.5 (3c57e771)"


def outcome(log: Path, data: bytes) -> Built | str:
    """Scenario, or the sentence that refuses the log."""
    log.write_bytes(data)
    try:
        return build(read_evidence(log), log)
    except UserError as error:
        assert "\n" not in str(error) and log.name in str(error)
        return str(error)


def clocked(clock: Callable[[float, float], float], firmware: str = NEWEST) -> bytes:
    """Log with another clock; `clock`: s since boot and share of the log -> s."""
    rows, changed = told(firmware), []
    for number, (name, values) in enumerate(rows):
        at_s = clock(float(values["TimeUS"]) / 1e6, number / len(rows))
        changed.append((name, {**values, "TimeUS": round(at_s * 1e6), "TimeMS": round(at_s * 1e3) & 0xFFFFFFFF}))
    return written(FIRMWARES[firmware], changed)


CLOCKS: dict[str, tuple[Callable[[float, float], float], bool | None]] = {
    "stands": (lambda _at_s, _share: BOOT_S, False),
    "runs back": (lambda at_s, _: 200.0 - at_s, False),
    "boots in flight": (lambda at_s, share: at_s if share < 0.5 else at_s - 50.0, True),
    "is noisy": (lambda at_s, share: at_s + 2.0 * ((1e6 * share) % 1.0), True),
    "a gap of minutes": (lambda at_s, share: at_s + 300.0 * (share > 0.5), True),
    "six gaps of minutes": (lambda at_s, share: at_s + 120.0 * int(6.0 * share), True),
    "a few messages of a month later": (lambda at_s, share: 3e6 if 0.5 < share < 0.502 else at_s, True),
    "all of a month later": (lambda at_s, _: at_s + 3e6, True),
    "half of it a month later": (lambda at_s, share: at_s + 3e6 * (share > 0.5), False),
    "counts thousandfold": (lambda at_s, _: 3000.0 * at_s, False),
    "beyond what MAVLink can tell": (lambda _at_s, _share: 1e13, False),
}
"""A clock, and whether such a flight can be flown again."""


@pytest.mark.parametrize("name", CLOCKS)
def test_a_wrong_clock_is_a_scenario_or_one_sentence(name: str, tmp_path: Path) -> None:
    """No flight of weeks, for which no memory would be enough, and which would be flown for days."""
    clock, flies = CLOCKS[name]
    found = outcome(tmp_path / "a.bin", clocked(clock))
    assert isinstance(found, Built) is flies
    if isinstance(found, Built):
        assert found.scenario.lasts_s < 1000.0
    else:
        assert len(found) < 200


def test_a_clock_that_goes_astray_for_some_messages_says_that_they_are_missing(tmp_path: Path) -> None:
    clock, _ = CLOCKS["a few messages of a month later"]
    found = outcome(tmp_path / "a.bin", clocked(clock))
    assert isinstance(found, Built)
    assert any("parts of the log cannot be read" in words for words in found.scenario.assumed)
    assert len(read_trace(tmp_path / "a.bin").time_s) < 1000


def test_formats_that_lack_a_column_or_a_kind(tmp_path: Path) -> None:
    """As another firmware's do: what it does not tell is missing, and not more."""
    kinds, rows = FIRMWARES[NEWEST], told(NEWEST)[:1500]
    log, flown = tmp_path / "a.bin", 0
    for name, (form, columns) in kinds.items():
        without = {kind: row for kind, row in kinds.items() if kind != name}
        flown += isinstance(outcome(log, written(without, rows)), Built)
        named = columns.split(",")
        number = Random(name).randrange(len(named))
        less = (form[:number] + form[number + 1 :], ",".join(named[:number] + named[number + 1 :]))
        flown += isinstance(outcome(log, written({**kinds, name: less}, rows)), Built)
    assert flown > 1.7 * len(kinds)


@pytest.mark.parametrize("value", [nan, inf, -1e38, 0.0])
def test_figures_that_cannot_be(value: float, tmp_path: Path) -> None:
    rows: list[Row] = [
        (name, {column: value if isinstance(given, float) else given for column, given in values.items()})
        for name, values in told(NEWEST)
    ]
    outcome(tmp_path / "a.bin", written(FIRMWARES[NEWEST], rows))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("column", ["Alt", "Volt", "Roll", "Yaw", "VN", "MagX", "Spd"])
@pytest.mark.parametrize("value", [inf, nan])
def test_a_figure_that_cannot_be_for_a_while_is_not_known_then(value: float, column: str, tmp_path: Path) -> None:
    """Warnings about the arithmetic were told to the person, and an infinite jump was a fault that cannot be flown."""
    rows = [
        (name, {**values, column: value} if column in values and 30 < number % 60 < 38 and number > 900 else values)
        for number, (name, values) in enumerate(told(NEWEST))
    ]
    found = outcome(tmp_path / "a.bin", written(FIRMWARES[NEWEST], rows))
    assert isinstance(found, Built) and str(value) not in str(found.scenario.fault)


def test_no_gps_at_all_and_messages_in_any_order(tmp_path: Path) -> None:
    log, kinds, rows = tmp_path / "a.bin", FIRMWARES[NEWEST], told(NEWEST)
    blind = {name: row for name, row in kinds.items() if name not in ("GPS", "POS")}
    assert "no position of the vehicle" in str(outcome(log, written(blind, rows)))
    assert isinstance(outcome(log, written({name: row for name, row in kinds.items() if name != "GPS"}, rows)), Built)
    Random(2).shuffle(rows)
    outcome(log, written(kinds, rows))


def test_logs_of_two_firmwares_in_one_file(tmp_path: Path) -> None:
    """The formats of the second hold for what follows them."""
    for second in (OLDEST, NEWEST, "ArduPlane V3.0.3 (e5b2c7a9)"):
        outcome(tmp_path / "a.bin", older_log(NEWEST)[:60_000] + older_log(second)[:60_000])


@pytest.mark.parametrize("name", ["bin", "tlog", "ulg"])
def test_a_log_that_ends_at_any_byte_of_its_beginning(name: str, tmp_path: Path) -> None:
    whole = {"bin": older_log(OLDEST), "tlog": telemetry(), "ulg": ulog()}[name]
    for size in range(300):
        assert isinstance(outcome(tmp_path / f"a.{name}", whole[:size]), str)


# --- PX4 --------------------------------------------------------------------------------------------------------------
PX4 = ulog(links_until_s=30.0, returns=True, commands=[(10.0, Cmd.DO_REPOSITION, 47.001, 1, 0)])


def _messages(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 16
    while at < len(data):
        size, kind = unpack_from("<Hc", data, at)
        yield kind, data[at + 3 : at + 3 + size]
        at += 3 + size


def _with(change: Callable[[bytes, bytes], bytes]) -> bytes:
    rows = ((kind, change(kind, data)) for kind, data in _messages(PX4))
    return PX4[:16] + b"".join(pack("<Hc", len(data), kind) + data for kind, data in rows)


def test_topics_and_fields_of_another_px4(tmp_path: Path) -> None:
    """Each topic and each field by another name; without any of the commands' they are not given again."""
    log, flown, tried = tmp_path / "a.ulg", 0, 0
    formats = [data for kind, data in _messages(PX4) if kind == b"F"]
    for told_format in formats:
        topic, _, fields = told_format.partition(b":")
        names = [field.split(b" ")[1] for field in fields.split(b";") if field]
        for name in (topic, *names[1:]):
            old, other_name = (
                (name, b"x" * len(name)) if name == topic else (b" " + name + b";", b" " + b"x" * 9 + b";")
            )
            changed = told_format.replace(old, other_name, 1)

            def other(kind: bytes, data: bytes, *, was: bytes = told_format, new: bytes = changed) -> bytes:
                return new if kind == b"F" and data == was else data

            tried += 1
            flown += isinstance(outcome(log, _with(other)), Built)
    assert flown > 0.7 * tried


def test_a_home_of_px4_that_is_no_place(tmp_path: Path) -> None:
    """It was written into the plan, which takes numbers only."""
    ids = {data[3:]: data[1:3] for kind, data in _messages(PX4) if kind == b"A"}

    def nowhere(kind: bytes, data: bytes) -> bytes:
        is_home = kind == b"D" and data[:2] == ids[b"home_position"]
        return data[:10] + pack("<d", nan) + data[18:] if is_home else data

    assert isinstance(outcome(tmp_path / "a.ulg", _with(nowhere)), Built)
    facts = FlightFacts()
    for place in ((nan, 8.0, 0.0), (47.0, 181.0, 0.0), (47.0, 8.0, inf)):
        facts.begin_at(*place)
    assert facts.home is None


@pytest.mark.parametrize("value", [nan, inf, -1e30])
def test_places_of_px4_that_are_none_are_passed_over(value: float, tmp_path: Path) -> None:
    """Some of them: said, on a page and in a comparison; all of them: there is no place. Both were a traceback."""
    ids = {data[3:]: data[1:3] for kind, data in _messages(PX4) if kind == b"A"}
    log, page = tmp_path / "a.ulg", ["--out", str(tmp_path / "a.html")]

    def nowhere(every: int) -> bytes:
        rows = 0

        def change(kind: bytes, data: bytes) -> bytes:
            nonlocal rows
            if kind != b"D" or data[:2] != ids[b"vehicle_global_position"]:
                return data
            rows += 1
            return data[:10] + pack("<d", value) + data[18:] if rows % every == 0 else data

        return _with(change)

    log.write_bytes(nowhere(3))
    found = read_log(log)
    assert found.cut and len(found.samples) > 20
    assert all(abs(sample.lat) < 90.0 for sample in found.samples)
    assert main(["report", str(log), *page]) == 0
    assert main(["report", str(log), "--against", str(log), *page]) == 0
    log.write_bytes(nowhere(1))
    assert read_log(log).samples == []
    assert main(["report", str(log), *page]) == 0
    assert main(["report", str(log), "--against", str(log), *page]) == 2
    assert "no position of the vehicle" in str(outcome(log, nowhere(1)))


def test_a_station_of_an_older_px4_is_heard_by_the_time_that_it_tells(tmp_path: Path) -> None:
    """Until 1.11 a topic told when its last heartbeat came, and of no other sender."""
    ids = {data[3:]: data[1:3] for kind, data in _messages(PX4) if kind == b"A"}
    heard_s = [BOOT_S - 10.0 + at_s for at_s in range(15)]
    left = [*heard_s, *heard_s[-1:] * 100]

    def older(kind: bytes, data: bytes) -> bytes:
        if kind == b"F" and data.startswith(b"telemetry_status:"):
            return data.replace(b"uint8_t heartbeat_type_gcs", b"uint64_t heartbeat_time")
        if kind == b"D" and data[:2] == ids[b"telemetry_status"]:
            return data[:10] + pack("<Q", round(1e6 * left.pop(0)))
        return data

    (tmp_path / "a.ulg").write_bytes(_with(older))
    assert [at_s for (at_s,) in read_evidence(tmp_path / "a.ulg").stations] == pytest.approx(heard_s)
