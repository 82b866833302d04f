"""Other clients read the logs: MAVSDK by log page and MAVFTP, pymavlink's own MAVFTP."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil

from tests.fakes.mavsdk_flight import wait_for
from tests.fakes.mavsdk_server import mavsdk_server
from tests.fakes.patience import FLIGHT_PATIENCE_S, PATIENCE_S
from tests.fakes.served import served

pytestmark = pytest.mark.client
CONTENT = random.Random(2).randbytes(50_001)


def make_log(folder: Path) -> Path:
    """A finished flight's log."""
    log = folder / "log" / "flights" / "0007" / "flight.bin"
    log.parent.mkdir(parents=True)
    log.write_bytes(CONTENT)
    return log


def test_mavsdk_lists_downloads_and_erases_logs(tmp_path: Path) -> None:
    """By the log messages and by MAVFTP: the same bytes; after the erasure there is none."""
    log = make_log(tmp_path)

    async def run(port: int) -> None:
        from mavsdk_grpc import System
        from mavsdk_grpc.log_files import LogFilesError

        drone = System(mavsdk_server_address="127.0.0.1", port=port)
        await drone.connect()
        await wait_for(drone.core, "connection_state", lambda state: state.is_connected)
        (entry,) = await drone.log_files.get_entries()
        assert entry.size_bytes == len(CONTENT)
        got = tmp_path / "got.bin"
        async for _ in drone.log_files.download_log_file(entry, str(got)):
            pass
        assert got.read_bytes() == CONTENT
        async for _ in drone.ftp.download("/APM/LOGS/flights/0007/flight.bin", str(tmp_path), False):
            pass
        assert (tmp_path / "flight.bin").read_bytes() == CONTENT
        await drone.log_files.erase_all_log_files()
        with pytest.raises(LogFilesError, match="NO_LOGFILES"):  # LOG_ERASE has no answer; this one comes behind it
            await drone.log_files.get_entries()
        assert not log.exists()

    with served(tmp_path, ready=False, speedup="1") as service, mavsdk_server(service.port, tmp_path) as port:
        asyncio.run(asyncio.wait_for(run(port), FLIGHT_PATIENCE_S))


def test_pymavlinks_mavftp_reads_all_that_is_served(tmp_path: Path) -> None:
    """Directories, a log, its checksum, parameters with defaults; nothing can be deleted."""
    mavftp: Any = pytest.importorskip("pymavlink.mavftp")
    make_log(tmp_path)
    with served(tmp_path, ready=False, speedup="1") as service:
        link = mavutil.mavlink_connection(service.tcp, source_system=255)
        try:
            assert link.wait_heartbeat(timeout=PATIENCE_S) is not None
            for folder, name in (("/", "@PARAM"), ("@LOGS", "run.log"), ("@SYS", "links.json")):
                told = mavftp.FtpError.RemoteReplyTimeout
                while told == mavftp.FtpError.RemoteReplyTimeout:  # after 5 s, which a busy machine may need
                    while link.recv_msg() is not None:  # what was late is no answer to the next request
                        pass
                    client = mavftp.MAVFTP(link, target_system=1, target_component=1)
                    told = client.cmd_list([folder]).return_code
                assert told == mavftp.FtpError.Success
                assert name in [entry.name for entry in client.list_result]

            def get(path: str) -> bytes:
                target = tmp_path / "ftp.bin"
                client.cmd_get([path, str(target)])
                assert client.process_ftp_reply("OpenFileRO", timeout=PATIENCE_S).return_code == 0
                return target.read_bytes()

            assert get("@LOGS/flights/0007/flight.bin") == CONTENT
            parameters = mavftp.MAVFTP.ftp_param_decode(get("@PARAM/param.pck?withdefaults=1"))
            assert len(parameters.params) == len(parameters.defaults) > 300
            assert client.cmd_rm(["@LOGS/flights/0007/flight.bin"]).return_code != 0
        finally:
            link.close()
