"""From a port to a linked vehicle, and how long is waited for what."""

from __future__ import annotations

import pytest

from mavlink_bridge.bootloader.mavlink import blind_restart
from mavlink_bridge.bootloader.protocol import Op
from mavlink_bridge.bootloader.script import Obstacle
from mavlink_bridge.bootloader.session import ASK_TO_PLUG, FlashSession
from mavlink_bridge.bootloader.upload import UploadStage
from mavlink_bridge.testing.board import BoardFirmware as Behaviour
from mavlink_bridge.testing.board import SimulatedBoard
from mavlink_bridge.testing.bootloader import BootloaderFaults
from tests.fakes.flash_bench import PORT, FlashBench, firmware, image_of, words

ACCEPTED, DENIED, UNSUPPORTED, FAILED = 0, 2, 3, 4


def bench(board: SimulatedBoard | None, *, auto: bool = False, plugged: bool = True) -> FlashBench:
    made = FlashBench(FlashSession(firmware(), PORT, auto=auto, list_ports=lambda: "no serial ports"), board)
    if board is not None and plugged:
        board.plug(0)
    return made


def running(behaviour: Behaviour | None = None, faults: BootloaderFaults | None = None) -> FlashBench:
    """A board whose firmware runs at time 8 s, when the session begins."""
    board = SimulatedBoard(faults=faults, firmware=behaviour)
    board.install(b"old firmware")
    board.plug(0)
    for now in (5000, 5000 + 1, 7001):
        board.handle_timeout(now)
    made = bench(board, plugged=False)
    made.now_ms = 8000
    return made


def test_a_board_in_its_bootloader_is_flashed_and_linked() -> None:
    board = SimulatedBoard()
    done = bench(board).run()
    assert done.session.failure is None
    assert done.session.linked is not None
    assert (done.session.linked.vehicle, done.session.linked.version) == ("ArduPilot copter", "4.6.2")
    assert done.session.linked.port == PORT
    assert bytes(board.bootloader.flash[:5000]) == image_of()
    assert done.stages == [
        "looking for the board",
        "identifying",
        "erasing",
        "programming",
        "verifying",
        "starting the firmware",
        "waiting for the vehicle",
    ]
    assert done.lines == []


def test_a_running_autopilot_is_restarted_into_its_bootloader_first() -> None:
    done = running().run()
    assert done.session.failure is None
    assert "restarting into the bootloader" in done.stages
    assert done.board is not None and bytes(done.board.bootloader.flash[:5000]) == image_of()


def test_an_armed_vehicle_is_left_alone() -> None:
    done = running(Behaviour(armed=True)).run()
    text = words(done)
    assert text == f"the vehicle on {PORT} is armed; it was not touched; disarm it and run the same command again"
    assert bytes((246,)) not in bytes(done.sent), "no restart command was sent"


@pytest.mark.parametrize("answer", [DENIED, FAILED])
def test_an_autopilot_that_refuses_to_restart_is_not_flashed(answer: int) -> None:
    done = running(Behaviour(answer=answer)).run()
    assert "refuses to restart into its bootloader" in words(done)
    assert "nothing was erased" in words(done)


def test_an_autopilot_that_cannot_restart_by_command_is_flashed_when_it_is_plugged_in_anew() -> None:
    made = running(Behaviour(answer=UNSUPPORTED))
    made.at(15_000, made.board.unplug)  # type: ignore[union-attr]  # there is one
    made.at(18_000, made.plug)
    made.run()
    assert made.lines == [f"{PORT}: {ASK_TO_PLUG}"]
    assert made.session.failure is None


def test_an_autopilot_that_is_mute_gets_the_restart_command_unheard() -> None:
    made = running(Behaviour(mute=True))
    made.run()
    assert blind_restart() in bytes(made.sent)
    assert len(blind_restart()) == 105


def test_a_port_that_does_not_answer_is_given_up_after_a_minute() -> None:
    done = bench(SimulatedBoard(faults=BootloaderFaults(mute_after=0))).run()
    assert 60_000 <= done.now_ms <= 61_000
    text = words(done)
    assert text.startswith(f"no bootloader has answered on {PORT} for 60 s; nothing was erased; unplug the board")
    assert done.lines == [f"{PORT}: {ASK_TO_PLUG}"]
    assert done.session.failure is not None and done.session.failure.status == 1


def test_the_request_to_plug_in_anew_comes_once_and_is_waited_for() -> None:
    made = bench(SimulatedBoard(faults=BootloaderFaults(mute_after=0)))

    def cure() -> None:
        assert made.board is not None
        made.board.bootloader.faults.mute_after = None
        made.board.bootloader.mute = False
        made.plug()

    made.at(30_000, made.board.unplug)  # type: ignore[union-attr]  # there is one
    made.at(50_000, cure)
    made.run()
    assert made.session.failure is None
    assert len(made.lines) == 1


def test_a_board_that_comes_and_goes_without_answering_is_given_up_too() -> None:
    made = bench(SimulatedBoard(faults=BootloaderFaults(mute_after=0)))
    assert made.board is not None
    for second in range(3, 200, 3):
        made.at(1000 * second, made.board.unplug)
        made.at(1000 * second + 500, made.plug)
    assert "no bootloader has answered" in words(made.run())
    assert made.now_ms <= 80_000


def test_a_named_port_that_is_absent_is_told_of_waited_for_and_given_up_after_15_s() -> None:
    done = bench(None).run()
    assert done.now_ms == 15_000
    assert words(done).startswith(f"{PORT} has not been there for 15 s; nothing was erased; plug the board in")
    assert done.lines == [f"{PORT} is not there: plug the board in; waiting for it"]
    assert done.stages == []


def test_a_named_port_that_comes_late_is_used() -> None:
    made = bench(SimulatedBoard(), plugged=False)
    made.at(14_000, made.plug)
    made.run()
    assert made.session.failure is None
    assert made.lines == [f"{PORT} is not there: plug the board in; waiting for it"]


def test_a_named_port_that_is_there_within_a_second_is_not_spoken_of() -> None:
    made = bench(SimulatedBoard(), plugged=False)
    made.at(900, made.plug)
    assert made.run().lines == []


def test_without_any_board_auto_gives_up_after_30_s() -> None:
    done = bench(None, auto=True).run()
    assert done.now_ms == 30_000
    assert "no flight controller found by its USB ids in 30 s (no serial ports)" in words(done)
    assert done.lines == ["no flight controller found yet: plug it in; waiting for it"]


def test_a_board_that_auto_finds_at_once_is_not_asked_for() -> None:
    done = bench(SimulatedBoard(), auto=True).run()
    assert done.session.failure is None
    assert done.lines == []


def test_who_else_has_the_silent_port_open_is_named() -> None:
    session = FlashSession(firmware(), PORT, list_users=lambda port: ["ModemManager (process 41)"])
    made = FlashBench(session, SimulatedBoard(faults=BootloaderFaults(mute_after=0)))
    made.plug()
    assert "stop ModemManager (process 41), which has the port open too" in words(made.run())


def test_a_board_that_does_not_come_back_from_its_restart_is_told_of_as_absent() -> None:
    done = running(Behaviour(returns_ms=10_000_000)).run()
    assert f"{PORT} has not been there for 15 s; nothing was erased" in words(done)


def test_a_firmware_without_heartbeat_is_told_of_after_30_s() -> None:
    done = bench(SimulatedBoard(firmware=Behaviour(mute=True))).run()
    assert words(done).startswith(f"flashed and verified; no MAVLink on {PORT} after 30 s")
    assert done.session.failure is not None and done.session.failure.status == 1
    assert done.now_ms - done.session.status.since_ms >= 30_000


def test_a_board_that_never_returns_after_boot_is_flashed_and_verified_all_the_same() -> None:
    done = bench(SimulatedBoard(firmware=Behaviour(starts_ms=10_000_000))).run()
    assert words(done).startswith(f"flashed and verified; no MAVLink on {PORT} after 30 s")


def test_a_firmware_that_takes_25_s_to_start_is_linked() -> None:
    done = bench(SimulatedBoard(firmware=Behaviour(starts_ms=25_000))).run()
    assert done.session.linked is not None


@pytest.mark.parametrize(("patience_ms", "at_ms"), [(0, 0), (2000, 2000), (15_000, 15_000)])
def test_a_port_that_cannot_be_opened_ends_the_session_when_its_patience_is_over(patience_ms: int, at_ms: int) -> None:
    made = bench(None)
    made.session.wire.obstacle = Obstacle("/dev/ttyACM0 is in use by ModemManager", "stop it", patience_ms)
    made.run()
    assert made.now_ms // 1000 == at_ms // 1000
    assert words(made) == "/dev/ttyACM0 is in use by ModemManager; nothing was erased; stop it"
    assert made.session.failure is not None and made.session.failure.status == 2


def test_a_port_that_is_freed_in_time_is_used() -> None:
    made = bench(SimulatedBoard(), plugged=False)
    made.session.wire.obstacle = Obstacle("busy", "stop it", 15_000)
    made.at(9000, made.plug)
    made.run()
    assert made.session.failure is None


@pytest.mark.parametrize(
    ("at_ms", "expected"),
    [
        (0, "nothing was erased; run the same command again to flash the board"),
        (7_000, "the board has no whole firmware now and stays in its bootloader; run the same command again"),
        (10_000, "the firmware is flashed and verified; its first HEARTBEAT was not waited for"),
    ],
)
def test_a_session_that_is_stopped_says_how_the_board_is(at_ms: int, expected: str) -> None:
    made = bench(SimulatedBoard()).run(at_ms)
    assert made.session.when_stopped.startswith(expected)


def test_a_session_that_is_stopped_before_the_erase_leaves_a_board_that_waits() -> None:
    made = bench(SimulatedBoard())
    made.session.status.begin(UploadStage.IDENTIFY, 0)
    assert made.session.when_stopped == (
        "nothing was erased, and the board waits in its bootloader until it is plugged in anew; "
        "run the same command again to flash the board"
    )


def test_an_interrupted_flash_can_simply_be_run_again() -> None:
    board = SimulatedBoard(faults=BootloaderFaults(unplug_at=(Op.PROG_MULTI, 7)))
    assert "stays in its bootloader" in words(bench(board).run())
    second = bench(board)
    second.run()
    assert second.session.failure is None
    assert bytes(board.bootloader.flash[:5000]) == image_of()


def test_an_uploader_that_died_within_a_chunk_leaves_a_board_that_the_next_run_wakes() -> None:
    board = SimulatedBoard()
    made = bench(board)
    board.receive(bytes((Op.PROG_MULTI, 252)) + bytes(100), 0)
    assert made.run().session.failure is None
