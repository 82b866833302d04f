"""The real MAVProxy lists and downloads flight logs, and reads the log directory by MAVFTP."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fakes.mavproxy import mavproxy
from tests.fakes.served import served

pytestmark = pytest.mark.client


def test_mavproxy_downloads_a_log(tmp_path: Path) -> None:
    """Both ways give the very bytes of the flight's file; LOG_ERASE takes the log away."""
    content = random.Random(1).randbytes(90 * 700)  # a multiple of 90: the end must be asked for
    log = tmp_path / "log" / "flights" / "0003" / "flight.bin"
    log.parent.mkdir(parents=True)
    log.write_bytes(content)
    with served(tmp_path, speedup="1", ready=False) as service, mavproxy(service.tcp, tmp_path) as station:
        station.ask("log list", rf"Log 1  numLogs 1 lastLog 1 size {len(content)}")
        station.ask("log download 1 got.bin", r"Finished downloading got.bin \(63000 bytes")
        assert (tmp_path / "got.bin").read_bytes() == content
        station.type("ftp get @LOGS/flights/0003/flight.bin ftp.bin")
        station.expect(r"Wrote 63000 bytes")
        station.ask("ftp list /APM/LOGS", r"flights")
        assert (tmp_path / "ftp.bin").read_bytes() == content  # MAVProxy closes the file with its next request
        station.type("log erase")
        station.ask_until("log list", "No logs")
        assert not log.exists()
