"""The parameter protocol (docs/reference/ground-stations.md, 1.8), in virtual time."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymavlink.dialects.v20 import ardupilotmega as dialect

from autopilot.context.journal import SaveParameter
from mavlink_bridge.firmware.known import firmware_spoken
from mavlink_bridge.routing.service import Outgoing
from mavlink_bridge.services.parameters import FRAME_BYTES, LIST_PASS, PENDING_SETS
from tests.fakes.parameter_bench import MISSION_PLANNER, QGC, Bench, texts, values


# --- list ---------------------------------------------------------------------------------------------------------
def test_a_list_is_the_banner_and_every_parameter_once_in_order() -> None:
    bench = Bench()
    out = bench.request_list()
    out += bench.drain()
    assert texts(out)[0].startswith("ArduCopter") and out[0].message.get_type() == "STATUSTEXT"
    names = bench.parameters.names()
    assert values(out) == [(name, bench.parameters[name], index) for index, name in enumerate(names)]
    assert all(one.link == QGC.link for one in out)
    assert {one.message.param_count for one in out[1:]} == {len(names)}


def test_a_list_is_paced_by_the_room_on_its_link() -> None:
    bench = Bench()
    bench.room[1] = 3 * FRAME_BYTES + 10
    assert len(values(bench.request_list())) == 3
    assert len(values(bench.step())) == 3
    bench.room[1] = FRAME_BYTES - 1
    assert values(bench.step()) == []
    assert bench.service.next_deadline_ms() == bench.now_ms + 5
    bench.room[1] = 1_000_000
    assert len(values(bench.drain())) == len(bench.parameters) - 6


def test_one_pass_sends_a_bounded_part() -> None:
    """Other services get their turn however large the room."""
    assert len(values(Bench().request_list())) == LIST_PASS


def test_two_links_are_served_at_once_and_apart() -> None:
    bench = Bench()
    bench.room[1] = 0
    out = bench.request_list(QGC)
    out += bench.request_list(MISSION_PLANNER)
    for _ in range(len(bench.parameters) // LIST_PASS):
        out += bench.step()
    assert values(out, link=1) == []
    assert len(values(out, link=2)) == len(bench.parameters)
    bench.room[1] = 1_000_000
    assert len(values(bench.drain(), link=1)) == len(bench.parameters)


def test_a_list_asked_again_begins_again() -> None:
    """DroneKit restarts every 2 s, Mission Planner after 4 s."""
    bench = Bench()
    bench.room[1] = 10 * FRAME_BYTES
    bench.request_list()
    assert values(bench.request_list())[0][2] == 0


def test_a_list_asked_twice_before_it_could_begin_has_one_banner() -> None:
    bench = Bench()
    bench.room[1] = 0
    assert len(texts(bench.request_list())) == 1
    assert texts(bench.request_list()) == []


def test_a_list_tells_the_values_of_now() -> None:
    bench = Bench()
    bench.request_list()
    bench.drain()
    bench.set("RTL_ALT", 2500)
    out = bench.request_list() + bench.drain()
    assert {name: value for name, value, _ in values(out)}["RTL_ALT"] == 2500


def test_what_the_vehicle_has_changed_itself_is_told_once() -> None:
    """On all links, without being asked."""
    bench = Bench()
    bench.parameters.set("WPNAV_SPEED", 640.0)
    assert [(name, value) for name, value, _ in values(bench.step())] == [("WPNAV_SPEED", 640.0)]
    assert values(bench.step()) == []


def test_a_closed_link_ends_its_list() -> None:
    bench = Bench()
    bench.room[1] = FRAME_BYTES
    bench.request_list()
    bench.service.link_closed(1)
    assert bench.service.next_deadline_ms() is None


# --- read ---------------------------------------------------------------------------------------------------------
def test_read_by_name_answers_without_an_index() -> None:
    assert values(Bench().read("WPNAV_SPEED")) == [("WPNAV_SPEED", 1000, 65535)]


def test_the_hash_of_all_parameters_is_told_by_name_and_before_a_list() -> None:
    """PX4's, by which a station sees that it knows them already; it changes with any of them. ArduPilot has none."""
    bench = Bench(firmware=firmware_spoken(12, 2))

    def told() -> bytes:
        (one,) = bench.read("_HASH_CHECK")
        assert (one.message.param_id, one.message.param_index, one.link) == ("_HASH_CHECK", 65535, QGC.link)
        return struct.pack("<f", one.message.param_value)

    before = told()
    begun = [one.message for one in bench.request_list() if one.message.get_type() == "PARAM_VALUE"]
    assert (begun[0].param_id, struct.pack("<f", begun[0].param_value)) == ("_HASH_CHECK", before)
    bench.parameters.set("WPNAV_SPEED", 321.0)
    assert told() != before
    assert Bench().read("_HASH_CHECK") == []


def test_read_by_index_echoes_the_index() -> None:
    """QGroundControl re-reads lost values by index with an empty name."""
    bench = Bench()
    name = bench.parameters.names()[7]
    assert values(bench.read(index=7)) == [(name, bench.parameters[name], 7)]


def test_an_alias_is_answered_under_the_asked_name() -> None:
    assert values(Bench().read("WP_SPD")) == [("WP_SPD", 10, 65535)]


@pytest.mark.parametrize(("name", "index"), [("NO_SUCH", -1), ("", 32000), ("", -1)])
def test_what_does_not_exist_is_met_with_silence(name: str, index: int) -> None:
    """ArduPilot 4.6 does so; MAVProxy and DroneKit live with it."""
    assert Bench().read(name, index) == []


def test_an_answer_has_type_and_true_count() -> None:
    bench = Bench()
    message = bench.read("COMPASS_DEV_ID")[0].message
    assert (message.param_type, message.param_count) == (6, len(bench.parameters))


# --- set ----------------------------------------------------------------------------------------------------------
def test_a_set_is_answered_to_all_links_with_the_value_that_holds() -> None:
    bench = Bench()
    out = bench.set("RTL_ALT", 2500)
    assert values(out) == [("RTL_ALT", 2500, 65535)]
    assert out[0].link is None
    assert bench.parameters["RTL_ALT"] == 2500
    assert bench.journal.changes == [SaveParameter("RTL_ALT", 2500)]


def test_a_set_is_answered_only_when_it_is_durable() -> None:
    bench = Bench(hold=True)
    assert bench.set("RTL_ALT", 2500) == []
    assert bench.step() == []
    bench.journal.settle()
    assert values(bench.step()) == [("RTL_ALT", 2500, 65535)]


def test_a_set_that_could_not_be_stored_is_undone_and_said() -> None:
    bench = Bench(hold=True)
    bench.set("RTL_ALT", 2500)
    bench.journal.settle("disk full")
    out = bench.step()
    assert values(out) == [("RTL_ALT", 1500, 65535)]
    assert texts(out) == ["RTL_ALT not stored: disk full"]
    assert bench.parameters["RTL_ALT"] == 1500


def test_several_failed_sets_return_to_the_last_durable_value() -> None:
    bench = Bench(hold=True)
    bench.set("RTL_ALT", 2000)
    bench.journal.settle()
    bench.step()
    bench.set("RTL_ALT", 2500)
    bench.set("RTL_ALT", 3000)
    bench.journal.settle("disk full")
    out = bench.step()
    assert values(out)[-1] == ("RTL_ALT", 2000, 65535)
    assert bench.parameters["RTL_ALT"] == 2000
    assert texts(out) == ["RTL_ALT not stored: disk full"]  # 171 held up the HEARTBEAT on a radio for 2.5 s (29750102)


def test_an_unchanged_value_is_answered_too() -> None:
    """QGroundControl wants the same value back, else "Parameter write failed"."""
    bench = Bench()
    assert values(bench.set("RTL_ALT", 1500)) == [("RTL_ALT", 1500, 65535)]
    assert bench.journal.changes == [SaveParameter("RTL_ALT", 1500)], "kept although it is the default now"
    assert values(bench.set("RTL_ALT", 1500)) == [("RTL_ALT", 1500, 65535)]
    assert len(bench.journal.changes) == 1, "stored already"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_is_refused_with_the_reason(value: float) -> None:
    bench = Bench()
    out = bench.set("RTL_ALT", value)
    assert values(out) == [("RTL_ALT", 1500, 65535)]
    assert texts(out) == ["RTL_ALT not set: value is not finite"]
    assert bench.journal.changes == []


def test_a_read_only_parameter_answers_what_holds() -> None:
    bench = Bench()
    out = bench.set("MIS_TOTAL", 9)
    assert values(out) == [("MIS_TOTAL", 0, 65535)]
    assert texts(out) == ["MIS_TOTAL is read-only"]


def test_a_value_outside_its_range_is_taken_with_a_warning() -> None:
    out = Bench().set("WPNAV_SPEED", 9000)
    assert texts(out) == ["WPNAV_SPEED 9000 set; range 10..2000"]
    assert values(out) == [("WPNAV_SPEED", 9000, 65535)]


def test_a_value_beyond_its_type_is_clamped() -> None:
    assert values(Bench().set("FLTMODE1", 1000)) == [("FLTMODE1", 127, 65535)]


def test_a_set_by_alias_tells_all_links_the_parameter_and_the_asker_the_alias() -> None:
    bench = Bench()
    out = bench.set("WP_SPD", 12.5, MISSION_PLANNER)
    assert [(one.message.param_id, one.link) for one in out] == [("WPNAV_SPEED", None), ("WP_SPD", 2)]
    assert bench.journal.changes == [SaveParameter("WPNAV_SPEED", 1250)]


def test_an_unknown_name_is_said_to_the_asker() -> None:
    out = Bench().set("NO_SUCH", 1)
    assert texts(out) == ["Unknown parameter NO_SUCH"] and out[0].link == QGC.link


def test_sets_that_wait_for_the_journal_are_bounded() -> None:
    bench = Bench(hold=True)
    for number in range(PENDING_SETS + 50):
        bench.set("RTL_ALT", number)
    assert len(bench.journal.changes) == PENDING_SETS


@pytest.mark.parametrize("value", [0.1, 0.135, 1e-5, 123456.789, -18.3])
def test_stations_find_their_value_again(value: float) -> None:
    """DroneKit compares float32 exactly, MAVProxy within 1e-5, QGroundControl the bits (by name, type and value)."""
    bench = Bench()
    sent = struct.unpack("<f", struct.pack("<f", value))[0]
    message = bench.set("ATC_RAT_RLL_P", sent)[-1].message
    assert struct.pack("<f", message.param_value) == struct.pack("<f", value)
    assert message.param_type == 9


# --- changes made by others ---------------------------------------------------------------------------------------
def test_a_change_made_by_the_core_is_announced_and_stored() -> None:
    bench = Bench()
    bench.parameters.set("FENCE_ENABLE", 1)
    out = bench.step()
    assert values(out) == [("FENCE_ENABLE", 1, 65535)] and out[0].link is None
    assert bench.journal.changes == [SaveParameter("FENCE_ENABLE", 1)]


def test_a_counter_of_the_core_is_announced_and_not_stored() -> None:
    """MIS_TOTAL, FENCE_TOTAL and RALLY_TOTAL are told whenever they change (seen on the wire, section 7)."""
    bench = Bench()
    bench.parameters.set_unstored("MIS_TOTAL", 12)
    assert values(bench.step()) == [("MIS_TOTAL", 12, 65535)]
    assert bench.journal.changes == []


def test_what_the_core_sets_for_this_run_is_announced_and_not_stored() -> None:
    """A pitot tube out of use (ARSPD_USE), a flight that was ended (AFS_TERMINATE): until the next start. A person who
    sets the same value wants it to last."""
    bench = Bench()
    bench.parameters.set_unstored("FENCE_ENABLE", 1)
    assert values(bench.step()) == [("FENCE_ENABLE", 1, 65535)]
    assert bench.journal.changes == []
    bench.set("FENCE_ENABLE", 1)
    assert bench.journal.changes == [SaveParameter("FENCE_ENABLE", 1)]
    bench.parameters.set_unstored("FENCE_ENABLE", 0)
    bench.parameters.set("FENCE_ENABLE", 1)
    assert bench.journal.changes[-1] == SaveParameter("FENCE_ENABLE", 1)


def test_a_reset_is_stored_as_no_value_at_all() -> None:
    bench = Bench()
    bench.set("RTL_ALT", 2500)
    bench.parameters.reset("RTL_ALT")
    assert values(bench.step()) == [("RTL_ALT", 1500, 65535)]
    assert bench.journal.changes[-1] == SaveParameter("RTL_ALT", None)
    bench.set("RTL_ALT", 2500)
    assert bench.journal.changes[-1] == SaveParameter("RTL_ALT", 2500), "not taken for stored already"


def test_several_changes_of_one_parameter_are_announced_once() -> None:
    bench = Bench()
    for count in range(1, 6):
        bench.parameters.set_unstored("MIS_TOTAL", count)
    assert values(bench.step()) == [("MIS_TOTAL", 5, 65535)]


def test_a_change_of_the_core_that_could_not_be_stored_is_said() -> None:
    bench = Bench(hold=True)
    bench.parameters.set("FENCE_ENABLE", 1)
    bench.journal.settle("disk full")
    out = bench.step()
    assert texts(out) == ["FENCE_ENABLE not stored: disk full"]
    assert bench.parameters["FENCE_ENABLE"] == 1


@given(
    st.lists(
        st.one_of(
            st.builds(
                dialect.MAVLink_param_set_message,
                st.just(1),
                st.just(1),
                st.binary(max_size=16),
                st.floats(width=32),
                st.integers(0, 255),
            ),
            st.builds(
                dialect.MAVLink_param_set_message,
                st.just(1),
                st.just(1),
                st.sampled_from([b"RTL_ALT", b"WP_SPD", b"MIS_TOTAL", b"ARMING_SKIPCHK"]),
                st.floats(width=32),
                st.just(9),
            ),
            st.builds(
                dialect.MAVLink_param_request_read_message,
                st.just(1),
                st.just(1),
                st.binary(max_size=16),
                st.integers(-32768, 32767),
            ),
            st.just(dialect.MAVLink_param_request_list_message(1, 1)),
        ),
        max_size=20,
    ),
    st.booleans(),
)
def test_any_sequence_of_requests_is_served(requests: list[Any], hold: bool) -> None:
    """Nothing raises, what is answered can be packed, what holds is finite."""
    bench = Bench(hold=hold)
    out: list[Outgoing] = []
    for request in requests:
        out += bench.ask(request)
    bench.journal.settle()
    out += bench.step()
    mav = dialect.MAVLink(None, srcSystem=1, srcComponent=1)
    for one in out:
        assert one.message.pack(mav)
    for name, value, _ in values(out):
        assert value == value and abs(value) < float("inf"), name


def test_a_px4_tells_a_change_once_more() -> None:
    """To all, a moment after the answer: MAVSDK's failure plugin hears of SYS_FAILURE_EN by that alone. What was so
    before is answered once, as is all of an ArduPilot."""
    bench = Bench(firmware=firmware_spoken(12, 2))
    wire = struct.unpack("<f", struct.pack("<i", 1))[0]
    setting = dialect.MAVLink_param_set_message(1, 1, b"SYS_FAILURE_EN", wire, 6)
    (answer,) = bench.ask(setting)
    (again,) = bench.drain()
    assert answer.message.to_dict() == again.message.to_dict()
    assert (again.link, bench.parameters["SYS_FAILURE_EN"], bench.drain()) == (None, 1.0, [])
    assert (len(bench.ask(setting)), bench.drain()) == (1, [])
    plain = Bench()
    assert (len(plain.set("SYS_FAILURE_EN", 1)), plain.drain()) == (1, [])


def test_a_px4_takes_a_value_only_in_the_type_of_its_parameter() -> None:
    """A float for a whole number is not written, as by PX4, which tells it only on its console; an ArduPilot takes any
    type. The asker learns why."""
    bench = Bench(firmware=firmware_spoken(12, 2))
    before = bench.parameters["SYS_FAILURE_EN"]
    (word,) = bench.set("SYS_FAILURE_EN", 1.0)
    assert (word.message.text, word.link) == ("SYS_FAILURE_EN not set: type 9, not 6", QGC.link)
    assert (bench.parameters["SYS_FAILURE_EN"], bench.drain()) == (before, [])
    assert len(Bench().set("SYS_FAILURE_EN", 1.0)) == 1
