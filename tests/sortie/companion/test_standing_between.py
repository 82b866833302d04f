"""Between the controller and ground stations: what passes untouched, what Sortie answers, what is shown."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mavlink_bridge.services.ftp.wire import Nak, Opcode, Operation, unpack
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import dialect
from mavlink_bridge.wire.framing import FrameReader, FrameWriter, split_frames
from tests.fakes.controller_bench import ControllerBench, Ground
from tests.fakes.controller_flight import MakeBench, landed, reached, take_off


def ask_list(bench: ControllerBench, ground: Ground, component: int) -> list[str]:
    """Names in the order of their indices, as one component lists them."""
    ground.heard.clear()
    ground.send(dialect.MAVLink_param_request_list_message(1, component))
    bench.run(10.0)
    values = [
        message for kind, message, frame in ground.heard if kind == "PARAM_VALUE" and frame.component == component
    ]
    listed = {message.param_index: message.param_id for message in values if message.param_index != 65535}
    assert {message.param_count for message in values} == {len(listed)}
    return [listed[index] for index in range(len(listed))]


def test_the_controllers_parameters_pass_in_number_and_order(make_bench: MakeBench) -> None:
    """Component 1 lists exactly what the controller has."""
    bench = make_bench()
    ground = bench.ground()
    bench.run(2.0)
    assert ask_list(bench, ground, 1) == bench.controller.parameter_names()


def test_a_parameter_is_set_in_the_controller(make_bench: MakeBench) -> None:
    """PARAM_SET passes, its echo comes back, and what the core flies by follows."""
    bench = make_bench()
    ground = bench.ground()
    bench.ready()
    ground.send(dialect.MAVLink_param_set_message(1, 1, b"WPNAV_SPEED", 700.0, 9))
    bench.run(1.0)
    assert bench.controller.parameter("WPNAV_SPEED") == 700.0
    assert bench.service.parameters["WPNAV_SPEED"] == 700.0


def test_component_191_has_sorties_own_parameters(make_bench: MakeBench) -> None:
    """FM_* and SRT_* and nothing else; a set is kept and journaled, and the controller never hears of it."""
    bench = make_bench()
    ground = bench.ground()
    bench.run(2.0)
    names = ask_list(bench, ground, 191)
    assert names and all(name.startswith(("FM_", "SRT_")) for name in names)
    ground.send(dialect.MAVLink_param_set_message(1, 191, b"FM_COUNTDOWN", 12.0, 9))
    bench.run(1.0)
    assert bench.service.parameters["FM_COUNTDOWN"] == 12.0
    theirs = bench.controller.parameter_names()
    assert "FM_COUNTDOWN" not in theirs or bench.controller.parameter("FM_COUNTDOWN") != 12.0


def test_one_autopilot_is_heard_and_its_sequence_has_no_gaps(make_bench: MakeBench) -> None:
    """All frames of system 1, component 1 on a link carry consecutive numbers; 191 is no vehicle."""
    bench = make_bench()
    ground = take_off(bench)
    bench.run_until(lambda: landed(bench))
    vehicle = [frame for _, _, frame in ground.heard if (frame.system, frame.component) == (1, 1)]
    assert len(vehicle) > 1000
    assert all((b.sequence - a.sequence) % 256 == 1 for a, b in pairwise(vehicle))
    others = [message for kind, message, frame in ground.heard if kind == "HEARTBEAT" and frame.component != 1]
    assert others and all(message.type == 18 and message.autopilot == 8 for message in others)


def test_telemetry_passes_and_answers_to_sortie_do_not(make_bench: MakeBench) -> None:
    """The controller's ATTITUDE reaches the ground station, ACKs of Sortie's own commands do not."""
    bench = make_bench()
    ground = take_off(bench)
    bench.run_until(lambda: 1 in reached(bench), 60.0)
    assert len(ground.of("ATTITUDE")) > 50
    assert all(message.target_component != 191 for message in ground.of("COMMAND_ACK"))
    assert ground.acks(511) == []
    assert ground.acks(22) == []


def test_two_ground_stations_see_one_vehicle(make_bench: MakeBench) -> None:
    """Telemetry and mission progress reach both; an answer only the one that asked."""
    bench = make_bench()
    second = bench.ground(254)
    first = take_off(bench)
    bench.run_until(lambda: landed(bench))
    bench.run(1.0)
    for ground in (first, second):
        assert [message.seq for message in ground.of("MISSION_ITEM_REACHED")] == [1, 2, 3, 4, 5, 6]
        assert len(ground.of("GLOBAL_POSITION_INT")) > 100
    assert first.acks(400) == [0]
    assert second.acks(400) == []
    second.command(512, 148)
    bench.run(0.5)
    assert second.acks(512) == [0] and first.acks(512) == []


def ftp(bench: ControllerBench, ground: Ground, name: bytes) -> Any:
    """The answer to opening a file for reading."""
    ground.heard.clear()
    request = Operation(7, 0, Opcode.OPEN_FILE_RO, len(name), 0, 0, 0, name).pack()
    ground.send(dialect.MAVLink_file_transfer_protocol_message(0, 1, 1, list(request)))
    bench.run(1.0)
    answers = ground.of("FILE_TRANSFER_PROTOCOL")
    assert len(answers) == 1
    return unpack(bytes(answers[0].payload))


def test_files_pass_but_not_the_controllers_mission(make_bench: MakeBench) -> None:
    """@PARAM/param.pck opens, @MISSION/mission.dat is "not found": a station would write past Sortie."""
    bench = make_bench()
    ground = bench.ground()
    bench.run(2.0)
    assert ftp(bench, ground, b"@PARAM/param.pck").opcode == Opcode.ACK
    hidden = ftp(bench, ground, b"@MISSION/mission.dat")
    assert (hidden.opcode, hidden.data[0]) == (Opcode.NAK, Nak.FILE_NOT_FOUND)


def test_rates_that_a_station_lowers_come_back(make_bench: MakeBench) -> None:
    """SET_MESSAGE_INTERVAL -1 for the position would blind Sortie: it asks for its own rate again."""
    bench = make_bench()
    ground = bench.ground()
    bench.ready()
    ground.command(511, 33, -1)
    bench.run(8.0)
    ground.heard.clear()
    bench.run(2.0)
    assert len(ground.of("GLOBAL_POSITION_INT")) >= 18


def test_bytes_to_the_controller_are_unchanged(make_bench: MakeBench) -> None:
    """What passes is forwarded byte for byte, also messages that Sortie does not know."""
    bench = make_bench()
    ground = bench.ground()
    bench.run(2.0)
    bench.link.take_bytes(bench.number)
    writer = FrameWriter(255, 190)
    setting = dialect.MAVLink_param_request_read_message(1, 1, b"WPNAV_SPEED", -1)
    frame = writer.frame(*codec.payload(setting))
    bench.service.receive(ground.number, frame, bench.now_ms)
    assert frame in list(split_frames(bench.link.take_bytes(bench.number)))


def test_packets_with_the_controllers_own_ids_would_be_dropped(make_bench: MakeBench) -> None:
    """The stand-in ignores what claims to be itself, which is why Sortie is component 191."""
    bench = make_bench()
    bench.ready()
    arm = dialect.MAVLink_command_long_message(1, 1, 400, 0, 1, 2989, 0, 0, 0, 0, 0)
    bench.controller.receive(FrameWriter(1, 1).frame(*codec.payload(arm)), bench.now_ms)
    bench.run(1.5)
    assert not bench.controller.armed
    bench.controller.receive(FrameWriter(1, 191).frame(*codec.payload(arm)), bench.now_ms)
    bench.run(1.5)
    assert bench.controller.armed


def test_a_station_that_reads_too_slowly_loses_telemetry_and_no_answer(make_bench: MakeBench) -> None:
    """Its link is full of telemetry: the controller's answer to it still waits there."""
    bench = make_bench()
    bench.run(2.0)
    ground = bench.service.endpoint
    number = ground.open_link("slow")
    telemetry = FrameWriter(1, 1).frame(*codec.payload(dialect.MAVLink_attitude_message(1, 1, 1, 1, 1, 1, 1)))
    while not ground.out_queue(number).busy:
        ground.append(number, 1000 * telemetry, 1000)
    asks = dialect.MAVLink_param_request_read_message(1, 1, b"WPNAV_SPEED", -1)
    full = ground.out_queue(number).size
    bench.service.receive(number, FrameWriter(255, 190).frame(*codec.payload(asks)), bench.now_ms)
    bench.run(1.0)
    waiting = FrameReader().receive(ground.take_bytes(number)[full:])
    ids = [frame.msg_id for frame in waiting]
    assert dialect.MAVLINK_MSG_ID_PARAM_VALUE in ids
    assert dialect.MAVLINK_MSG_ID_ATTITUDE not in ids
