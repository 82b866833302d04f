"""QGroundControl's page of logs: what its two ways of listing make of ours (OnboardLogController.cc, FtpTransport.cc).

An ArduPilot's logs it lists by LOG_REQUEST_LIST and counts them from 1; a PX4's from 0, or, in versions of 2026, by the
directory @MAV_LOG, whose files that end in .bin or .ulg are logs, and those of its folders too."""

from __future__ import annotations

from pathlib import Path

import pytest

from mavlink_bridge.wire.codec import dialect as m
from sortie import Session
from sortie.api.link import SessionLink
from tests.fakes.ftp_client import LinkFiles


def table(link: SessionLink, offset: int) -> list[int | None]:
    """Sizes in its table after a refresh; None: an entry that never came ("Error")."""
    link.messages()
    link.send(m.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF))
    entries = [one for one in link.messages() if one.get_type() == "LOG_ENTRY"]
    rows: list[int | None] = [None] * entries[0].num_logs
    for entry in entries:
        if entry.id - offset < len(rows):
            rows[entry.id - offset] = entry.size
    return rows


@pytest.mark.parametrize(("firmware", "offset"), [("ardupilot", 1), ("px4", 0)])
def test_every_log_is_in_the_table(tmp_path: Path, firmware: str, offset: int) -> None:
    for number, size in ((1, 100), (2, 300)):
        folder = tmp_path / "flights" / f"{number:04d}"
        folder.mkdir(parents=True)
        (folder / "flight.bin").write_bytes(bytes(size))
    with Session(firmware=firmware, log_dir=tmp_path, params={"SDLOG_MODE": 0} if firmware == "px4" else {}) as session:
        link = session.connect()
        assert table(link, offset) == [100, 300]
        link.send(m.MAVLink_log_request_data_message(1, 1, 1 + offset, 0, 300))
        session.run_for(0.1)
        parts = [one for one in link.messages() if one.get_type() == "LOG_DATA"]
        assert {one.id for one in parts} == {1 + offset} and sum(one.count for one in parts) == 300
        files = LinkFiles(link)
        logs = [name for name in files.names("@MAV_LOG") if name.lower().endswith((".bin", ".ulg"))]
        assert logs == ["00000001.BIN", "00000002.BIN"]
        assert files.download("@MAV_LOG/00000002.BIN") == bytes(300)


def test_the_log_from_boot_is_one_of_its_folders(tmp_path: Path) -> None:
    """Of a PX4 that has not flown yet."""
    with Session(firmware="px4", log_dir=tmp_path) as session:
        session.run_for(1.0)
        files = LinkFiles(session.connect())
        assert "boot" in files.names("@MAV_LOG")
        assert files.names("@MAV_LOG/boot") == ["flight.bin"]
