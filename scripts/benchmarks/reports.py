"""What a person waits for behind a flight: the page about it, its log read and flown again; what a large log costs."""

from __future__ import annotations

import lzma
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PLAN = """QGC WPL 110
0\t1\t0\t16\t0\t0\t0\t0\t-35.363261\t149.16523\t584\t1
1\t0\t3\t22\t0\t0\t0\t0\t0\t0\t20\t1
2\t0\t3\t19\t{stays_s}\t0\t30\t0\t-35.3628\t149.1656\t20\t1
3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1
"""
_FLIGHT_S, _HOUR_S = 1200.0, 3600.0
_TO_THERE_AND_BACK_S = 60.0
_RUNS = 3
_SORTIE = (sys.executable, "-m", "sortie")
_LARGE_BYTES = 500_000_000
_ULOG = Path(__file__).parents[2] / "tests" / "data" / "px4-sih-square.ulg.xz"
_ULOG_HEADER = 16
_READ = """
import resource, sys, time
from pathlib import Path
from sortie.incident.evidence import read_evidence
from sortie.reading.logs import read_log
began_s = time.process_time()
found = {"read_log": read_log, "read_evidence": read_evidence}[sys.argv[1]](Path(sys.argv[2]))
print(time.process_time() - began_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)
"""
_PLAY = """
import sys, time
from pathlib import Path
from mavlink_bridge.wire.framing import FrameReader
from sortie.incident.reader import read_recording
from sortie.incident.shown import ShownRecording, ShownRecordings
shown = ShownRecording(read_recording(Path(sys.argv[1])), 1, speed=1000.0, on_error=print)
node = ShownRecordings([shown])
link, reader, heard, now_ms = node.network.open_link("bench"), FrameReader(), 0, 0
began_s = time.process_time()
while not node.over:
    node.serve_links(now_ms)
    heard += len(reader.receive(node.network.out_queue(link).take(), now_ms))
    now_ms += 1
print(heard / (time.process_time() - began_s))
"""


@contextmanager
def _flown(lasts_s: float) -> Iterator[Path]:
    """Folder of the logs of a flight in wind of `lasts_s`."""
    with tempfile.TemporaryDirectory(prefix="sortie-bench-") as folder:
        place = Path(folder)
        (place / "plan.waypoints").write_text(_PLAN.format(stays_s=lasts_s - _TO_THERE_AND_BACK_S))
        params = ["SIM_BATT_CAP_AH=160", "BATT_CAPACITY=160000", "SIM_WIND_SPD=4"]
        given = [word for param in params for word in ("--param", param)]
        given += ["--state-dir", "state", "--link", "tcpin:127.0.0.1:0", "--log-dir", "logs"]
        command = [*_SORTIE, "fly", "plan.waypoints", "--speedup", "0", *given]
        subprocess.run(command, cwd=place, check=True, capture_output=True)
        from sortie.reading.logs import read_log

        low, high = read_log(place / "logs").span_s
        assert high - low > lasts_s, f"a flight of {high - low:.0f} s"
        yield place / "logs" / "latest"


def page() -> float:
    """Seconds of `sortie report`, as a process, on the DataFlash log of a flight of 20 minutes: the least of three."""
    with _flown(_FLIGHT_S) as logs:
        return min(_timed([*_SORTIE, "report", "."], logs) for _ in range(_RUNS))


def hour() -> tuple[float, float]:
    """Seconds of processor to read the DataFlash log of an hour, and seconds of `sortie reproduce` on it, as a process.
    The log says that it is another's: those are flown in more ways than ours."""
    with _flown(_HOUR_S) as logs:
        log = logs / "flight.bin"
        log.write_bytes(log.read_bytes().replace(b"FM_COUNTDOWN", b"FX_COUNTDOWN"))
        reading_s = min(_read("read_log", log)[0] for _ in range(_RUNS))
        return reading_s, _timed([*_SORTIE, "reproduce", log.name, "--out", "again"], logs)


def played() -> float:
    """Messages that `sortie replay` tells a station in a second of processor, of the DataFlash log of 20 minutes."""
    with _flown(_FLIGHT_S) as logs:
        log = logs / "flight.bin"
        return max(float(_run(_PLAY, log)) for _ in range(_RUNS))


def large() -> tuple[float, float, float]:
    """Peak memory, MB, of a process that reads a log of 500 MB: `.bin`, `.tlog`, `.ulg`. Logs of a flight are repeated
    until they are as large; the clock goes back at each seam, so nothing can be told by the time."""
    with _flown(_FLIGHT_S) as logs:
        binary, telemetry, ulog = logs / "flight.bin", logs / "flight.tlog", logs / "flight.ulg"
        _repeat(binary, binary.read_bytes())
        dataflash_mb = _read("read_evidence", binary)[1]
        binary.unlink()
        _repeat(telemetry, telemetry.read_bytes())
        telemetry_mb = _read("read_log", telemetry)[1]
        telemetry.unlink()
        whole = lzma.decompress(_ULOG.read_bytes())
        rows_at = _rows_of_ulog(whole)
        _repeat(ulog, whole[rows_at:], whole[:rows_at])
        return dataflash_mb, telemetry_mb, _read("read_log", ulog)[1]


def _repeat(log: Path, data: bytes, head: bytes = b"") -> None:
    with log.open("wb") as file:
        file.write(head)
        while file.tell() < _LARGE_BYTES:
            file.write(data)


def _rows_of_ulog(data: bytes) -> int:
    """Position of the first row of data."""
    at = _ULOG_HEADER
    while data[at + 2 : at + 3] != b"D":
        at += 3 + int.from_bytes(data[at : at + 2], "little")
    return at


def _read(reader: str, log: Path) -> tuple[float, float]:
    """Seconds of processor, and MB at most, of a process that reads a log."""
    seconds, peak_mb = map(float, _run(_READ, reader, log).split())
    return seconds, peak_mb


def _run(program: str, *words: object) -> str:
    command = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _timed(command: list[str], folder: Path) -> float:
    began_s = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.monotonic() - began_s
