"""A session's links: MAVLink in memory, sockets when asked for, and the same bytes for the same seed."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autopilot.interface.geo import GeoPoint
from mavlink_bridge.clients import (
    CommandOutcome,
    MissionDownload,
    MissionUpload,
    ParameterList,
    ParameterOutcome,
    Target,
    TransferOutcome,
    command_long,
)
from mavlink_bridge.links.hub import LinkHub
from mavlink_bridge.routing.endpoint import Endpoint
from sortie import Session, UserError, events, mavlink
from sortie.api.sample import square
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port

HOME = GeoPoint(47.3769, 8.5417, 408.0)


def _fly_and_record(seed: int) -> tuple[bytes, list[object]]:
    with Session(home=HOME, seed=seed) as session:
        link = session.connect()
        link.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 4, 1))
        session.upload(square(HOME))
        session.start()
        record = bytearray()
        while session.autopilot.facts.armed:
            session.run_for(5.0)
            record += link.read()
        return bytes(record), [(entry.time_s, entry.event) for entry in session.events]


def test_the_same_seed_sends_the_same_bytes():
    """Two sessions, one seed: every byte on the link and every event is the same; another seed differs."""
    first, second, other = _fly_and_record(7), _fly_and_record(7), _fly_and_record(8)
    assert len(first[0]) > 100_000
    assert first == second
    assert first[0] != other[0]


def test_splitting_the_time_changes_nothing():
    """Run in steps of 0.1 s or in one go: the same bytes, the same events."""

    def run(step_s: float) -> tuple[bytes, list[object]]:
        with Session(home=HOME, seed=2) as session:
            link = session.connect()
            session.upload(square(HOME))
            session.start()
            record = bytearray()
            for _ in range(round(20.0 / step_s)):
                session.run_for(step_s)
                record += link.read()
            return bytes(record), list(session.events)

    assert run(0.1) == run(2.0)


def test_clients_run_to_their_end_over_a_link():
    """Mission up, mission down, parameters, a command: the protocol clients against the whole service."""
    with Session(home=HOME) as session:
        link = session.connect()
        session.run_for(2.0)
        items = square(HOME)
        upload = link.ask(MissionUpload(Target(), items, home=HOME))
        assert upload.outcome is TransferOutcome.ACCEPTED
        download = link.ask(MissionDownload(Target()))
        assert [item.command for item in download.items] == [item.command for item in items]
        listing = link.ask(ParameterList(Target()))
        assert listing.outcome is ParameterOutcome.ACCEPTED
        assert len(listing.values) == len(session.service.parameters)
        session.wait_armable()
        arm = link.ask(command_long(Target(), mavlink.MAV_CMD_COMPONENT_ARM_DISARM, 1.0))
        assert arm.outcome is CommandOutcome.ACCEPTED
        assert session.state.armed


def test_a_bad_radio_delays_an_upload_but_does_not_break_it():
    """A third of all frames lost, 50 ms each way: the upload ends well, and virtual time has passed for it."""
    with Session(home=HOME) as session:
        link = session.connect(loss=0.3, delay_ms=50, seed=5)
        upload = link.ask(MissionUpload(Target(), square(HOME), home=HOME))
        assert upload.outcome is TransferOutcome.ACCEPTED
        assert session.time_s > 0.5
        assert session.state.mission.items == 6


def test_messages_carry_their_sender_and_can_be_waited_for():
    """`receive` lets time pass until the message is there, or gives up."""
    with Session(home=HOME) as session:
        link = session.connect()
        heartbeat = link.receive("HEARTBEAT")
        assert (heartbeat.get_srcSystem(), heartbeat.get_srcComponent()) == (1, 1)
        home = link.receive("HOME_POSITION", timeout_s=30.0)
        assert home.latitude == pytest.approx(HOME.lat * 1e7, abs=500)
        with pytest.raises(TimeoutError, match="no MISSION_ITEM_REACHED within 3 s"):
            link.receive("MISSION_ITEM_REACHED", timeout_s=3.0)


def test_a_link_that_nobody_reads_keeps_answers_and_skips_telemetry():
    """Ten minutes unread: what waits is bounded, and a request is still answered."""
    with Session(home=HOME) as session:
        link = session.connect()
        link.send(mavlink.MAVLink_request_data_stream_message(1, 1, 0, 10, 1))
        session.run_for(600.0)
        assert session.service.endpoint.out_queue(link.number).size < 600_000
        link.send(mavlink.MAVLink_param_request_read_message(1, 1, b"WPNAV_SPEED", -1))
        assert link.receive("PARAM_VALUE").param_value == 1000.0


def test_a_link_that_was_not_read_for_long_works_again_when_it_is():
    """What overflowed is lost. It stayed silent for ever, where a socket would have been closed (found by fuzzing)."""
    with Session(home=HOME) as session:
        link = session.connect()
        session.service.endpoint.out_queue(link.number).full = 2000
        ping = mavlink.MAVLink_ping_message(1, 1, 0, 0)
        while not session.service.endpoint.out_queue(link.number).overflowed:
            for _ in range(1000):
                link.send(ping)
        link.read()
        link.messages()
        link.send(ping)
        assert link.receive("PING").seq == 1


def test_a_closed_link_is_forgotten():
    """After hanging up the service has no link left, and time goes on."""
    with Session(home=HOME) as session:
        link = session.connect()
        session.run_for(1.0)
        link.close()
        session.run_for(1.0)
        assert session.service.endpoint.links() == ()


def test_what_is_stored_is_there_in_the_next_session(tmp_path):
    """With a state directory, mission and parameters outlive the session; the vehicle keeps its uid."""
    with Session(home=HOME, state_dir=tmp_path / "state") as session:
        link = session.connect()
        assert link.ask(MissionUpload(Target(), square(HOME), home=HOME)).outcome is TransferOutcome.ACCEPTED
        session.set_param("WPNAV_SPEED", 420.0)
    with Session(home=HOME, state_dir=tmp_path / "state") as session:
        assert session.state.mission.items == 6
        assert session.param("WPNAV_SPEED") == 420.0


def test_a_flight_is_logged_when_asked_for(tmp_path):
    """With a log directory the flight's files are there, and without one nothing is written."""
    with Session(home=HOME, log_dir=tmp_path) as session:
        session.upload(square(HOME))
        session.start()
        session.run_until(lambda s: not s.state.armed)
    names = {path.name for path in (tmp_path / "flights" / "0001").iterdir()}
    assert {"flight.tlog", "events.jsonl", "telemetry.csv", "summary.json"} <= names


def test_a_socket_is_served_while_time_passes():
    """A client on TCP gets the parameters while the session serves in fast motion; link time follows the wall."""
    port = free_port()
    with Session(home=HOME, links=[f"tcpin:127.0.0.1:{port}"]) as session:
        client = Endpoint(255, 190)
        listing = ParameterList(Target())
        client.add_service(listing)
        hub = LinkHub(client)
        hub.open(f"tcp:127.0.0.1:{port}", round(session.link_time_s * 1000))
        listing.start(round(session.link_time_s * 1000))

        def done(_: Session) -> bool:
            now_ms = round(session.link_time_s * 1000)
            client.handle_timeouts(now_ms, now_ms)
            hub.flush()
            hub.wait(0.0)
            hub.receive(now_ms, now_ms)
            return listing.done

        session.run_until(done, timeout_s=100_000.0)
        hub.close()
        assert listing.outcome is ParameterOutcome.ACCEPTED


@pytest.mark.parametrize("speedup", [-1.0, float("nan"), float("inf")])
def test_time_is_not_served_at_an_impossible_speed(speedup):
    """Below 0 it stood still, for ever."""
    with Session() as session, pytest.raises(ValueError, match="expected a number from 0 on"):
        session.serve(0.1, speedup=speedup, until=lambda: True)


def test_serving_keeps_pace_with_the_wall():
    """At 50 times real time a second of vehicle time takes 20 ms, not less."""
    with Session(home=HOME) as session:
        session.run_for(1.0)
        began = time.monotonic()
        session.serve(5.0, speedup=50.0)
        took = time.monotonic() - began
        assert session.time_s >= 6.0
        assert took >= 0.09
        before = round(session.link_time_s * 1000)
        session.run_for(1.0)
        assert round(session.link_time_s * 1000) >= before


def test_a_busy_port_is_a_user_error():
    """The second one cannot have it, and the error says so."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(UserError, match="tcpin"):
            Session(links=[f"tcpin:127.0.0.1:{holder.getsockname()[1]}"])


def test_importing_sortie_is_cheap():
    """`import sortie` brings in neither numpy nor pymavlink: what is used is imported when it is used."""
    script = "import sys, sortie; print([m for m in ('numpy', 'pymavlink', 'numba', 'click') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert out.stdout.strip() == "[]"


def test_ground_station_loss_acts_without_a_socket():
    """FS_GCS_ENABLE: heartbeats that stop make the vehicle return, on link time, which is vehicle time here."""
    with Session(home=HOME, params={"FS_GCS_ENABLE": 1}) as session:
        link = session.connect()
        session.upload(square(HOME))
        session.start()
        for _ in range(10):
            link.send(mavlink.MAVLink_heartbeat_message(6, 8, 0, 0, 4, 3))
            session.run_for(1.0)
        assert session.state.mode == "AUTO"
        session.run_until(events.ModeChanged, timeout_s=8.0)
        assert session.state.mode == "RTL"


def test_the_network_is_opened_only_by_word():
    """A link that others can reach needs `insecure`; options of the command line are not for this reader."""
    with pytest.raises(UserError, match=r"^link tcpin.*give signing_key=FILE, or insecure=True if"):
        Session(links=["tcpin:0.0.0.0:0"])
    with Session(links=["tcpin:0.0.0.0:0"], insecure=True) as session:
        session.run_for(0.1)


def test_a_folder_for_logs_that_is_a_file_is_told_at_once(tmp_path: Path) -> None:
    """It was told at the first arming, which was refused."""
    (tmp_path / "logs").write_text("")
    with pytest.raises(UserError, match=r"^log_dir .*logs: is a file, not a folder"):
        Session(log_dir=tmp_path / "logs")
