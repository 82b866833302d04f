"""Repetitions, commands that take time, and commands that wait behind an arm."""

from __future__ import annotations

from autopilot.interface.result import Outcome
from autopilot.interface.vehicle import Request
from autopilot.mav import Result
from mavlink_bridge.routing.service import Peer
from mavlink_bridge.services.commands.answers import REMEMBER_MS
from mavlink_bridge.services.commands.waiting import LONGEST_WAIT_MS, MOST_WAITING
from mavlink_bridge.wire.codec import dialect
from tests.fakes.command_bench import NOW, QGC, CommandBench, result_of

OTHER_LINK = Peer(2, 255, 190)
A, T, F, P = Result.ACCEPTED, Result.TEMPORARILY_REJECTED, Result.FAILED, Result.IN_PROGRESS


def _names(bench: CommandBench) -> list[str]:
    return [name for name, _, _ in bench.autopilot.calls]


def _results(messages: list[object]) -> list[tuple[int, int]]:
    return [(one.command, one.result) for one in messages]  # type: ignore[attr-defined]


# --- repetitions ---
def test_a_repeated_long_is_answered_again_and_acts_once() -> None:
    """Section 6: confirmation > 0 is the same wish; its answer is the same, even a refusal."""
    bench = CommandBench()
    bench.autopilot.outcomes["commands.condition_yaw"] = Outcome(F)
    first = bench.long(115, 90, 0, 0, 1)
    again = bench.long(115, 90, 0, 0, 1, confirmation=1, now_ms=1300)
    third = bench.long(115, 90, 0, 0, 1, confirmation=2, now_ms=2600)
    assert [result_of(one) for one in (first, again, third)] == [F, F, F]
    assert _names(bench) == ["commands.condition_yaw"]


def test_a_repetition_whose_original_was_lost_acts() -> None:
    """The first that arrives acts, whatever its confirmation."""
    bench = CommandBench()
    assert result_of(bench.long(115, 90, 0, 0, 1, confirmation=2)) is A
    assert _names(bench) == ["commands.condition_yaw"]


def test_the_same_command_with_confirmation_0_is_a_new_wish() -> None:
    """Two relative turns of 90 degrees are 180."""
    bench = CommandBench()
    bench.long(115, 90, 0, 0, 1)
    bench.long(115, 90, 0, 0, 1, now_ms=100)
    assert _names(bench) == ["commands.condition_yaw"] * 2


def test_a_sender_that_always_says_1_is_not_silenced() -> None:
    """Only a confirmation higher than before marks a repetition."""
    bench = CommandBench()
    bench.long(115, 90, 0, 0, 1, confirmation=1)
    bench.long(115, 90, 0, 0, 1, confirmation=1, now_ms=100)
    assert _names(bench) == ["commands.condition_yaw"] * 2


def test_what_was_wished_since_ends_an_answer() -> None:
    """Arm, disarm, arm by a sender that always says 1 arms twice; a COMMAND_INT begins no repetition."""
    bench = CommandBench()
    bench.long(115, 90, 0, 0, 1)
    bench.long(115, 90, 0, 1, 1)
    bench.long(115, 90, 0, 0, 1, confirmation=1, now_ms=100)
    bench.int_(115, 0, 90, 0, 1, 1)
    bench.long(115, 90, 0, 1, 1, confirmation=1, now_ms=300)
    assert _names(bench) == ["commands.condition_yaw"] * 5


def test_other_parameters_another_link_or_a_late_repetition_act() -> None:
    """A repetition is the same command of the same peer on the same link, within the window."""
    bench = CommandBench()
    bench.long(176, 1, 4)
    bench.long(176, 1, 5, confirmation=1)
    bench.long(176, 1, 4, confirmation=1, peer=OTHER_LINK)
    bench.long(176, 1, 4, confirmation=1, now_ms=REMEMBER_MS)
    assert _names(bench) == ["modes.set"] * 4


def test_a_closed_link_is_forgotten() -> None:
    """What was answered there is no answer for whoever comes next."""
    bench = CommandBench()
    bench.long(176, 1, 4)
    bench.service.link_closed(QGC.link)
    bench.long(176, 1, 4, confirmation=1)
    assert _names(bench) == ["modes.set"] * 2


def test_the_memory_of_answers_is_bounded() -> None:
    """A peer that sends ever new parameters pushes out its own old answers, and nothing grows."""
    bench = CommandBench()
    for mode in range(500):
        bench.long(176, 1, mode)
    bench.long(176, 1, 499, confirmation=1)
    assert len(bench.autopilot.calls) == 500
    bench.long(176, 1, 0, confirmation=1)
    assert len(bench.autopilot.calls) == 501


# --- progress ---
def test_a_long_command_is_answered_in_progress_and_then_with_its_end() -> None:
    """IN_PROGRESS at once; the final acknowledgement when the core announces the end, once."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    assert result_of(bench.long(400, 1)) is P
    bench.service.finish(400, Outcome(F, "Arm: no", detail=3))
    (ack,) = bench.taken()
    assert (ack.command, ack.result, ack.result_param2, ack.target_system) == (400, F, 3, QGC.system)
    bench.service.finish(400, Outcome(A))
    assert bench.taken() == []


def test_a_repetition_hears_progress_and_later_the_end() -> None:
    """While it runs IN_PROGRESS, afterwards its result, and the core is asked once."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    bench.long(400, 1)
    assert result_of(bench.long(400, 1, confirmation=1, now_ms=1500)) is P
    bench.service.finish(400, Outcome(A))
    bench.taken()
    assert result_of(bench.long(400, 1, confirmation=2, now_ms=3000)) is A
    assert _names(bench) == ["arming.arm"]


def test_an_arm_that_ended_before_its_progress_was_told_acts_once() -> None:
    """Its ACCEPTED is lost, the pilot disarms: the repetition is answered, and does not arm again."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    bench.autopilot.arming.arm_request = request = Request()
    assert bench.long(400, 1) == []
    request.done, request.ok = True, True
    bench.service.handle_timeout(200)
    assert result_of(bench.taken()) is A
    assert result_of(bench.long(400, 1, confirmation=1, now_ms=1500)) is A
    assert _names(bench) == ["arming.arm"]


def test_everyone_who_asked_hears_the_end_on_their_link() -> None:
    """Two ground stations that share 255/190 are told apart by their links."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    bench.long(400, 1)
    bench.long(400, 1, peer=OTHER_LINK)
    bench.service.finish(400, Outcome(A))
    assert [one.link for one in bench.service.take_outgoing()] == [1, 2]


def test_a_calibration_that_takes_time_ends_with_its_request() -> None:
    """A real controller answers later: IN_PROGRESS, then what the request became."""
    bench = CommandBench()
    request = Request()
    bench.autopilot.vehicle.calibration = request
    assert result_of(bench.long(241, 1)) is P
    bench.service.handle_timeout(100)
    assert bench.taken() == []
    request.done, request.ok = True, True
    bench.service.handle_timeout(200)
    assert _results(bench.taken()) == [(241, A)]


def test_a_calibration_that_fails_at_once_is_failed() -> None:
    """No progress is reported for what is over already."""
    bench = CommandBench()
    bench.autopilot.vehicle.calibration = Request.refused("moving")
    assert result_of(bench.long(241, 1)) is F


# --- waiting ---
def test_commands_of_the_link_wait_for_an_arm_and_keep_their_order() -> None:
    """Issue 4: arm, takeoff, mode sent back to back mean this order; another link does not wait."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    bench.long(400, 1)
    assert bench.long(22, 0, 0, 0, 0, 0, 0, 10) == []
    assert bench.send(dialect.MAVLink_set_mode_message(1, 1, 3)) == []
    assert result_of(bench.long(178, 1, 5, peer=OTHER_LINK)) is A
    bench.service.finish(400, Outcome(A))
    bench.service.handle_timeout(0)
    assert _results(bench.taken()) == [(400, A), (22, A)]
    assert bench.autopilot.calls[2:] == [
        ("commands.takeoff", (10.0,), {"holds_place": True}),
        ("modes.set", (3, NOW), {}),
    ]


def test_disarming_and_questions_do_not_wait_for_an_arm() -> None:
    """What stops motors acts now; what only asks is answered now; so is what nobody knows."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    bench.long(400, 1)
    assert result_of(bench.long(400, 0, 21196)) is A
    assert result_of(bench.long(185, 1)) is A
    assert result_of(bench.long(512, 148)) is A
    assert result_of(bench.long(12345)) is Result.UNSUPPORTED


def test_too_many_waiting_commands_are_turned_away() -> None:
    """The queue behind an arm is bounded."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    bench.long(400, 1)
    answers = [bench.long(178, 1, 5) for _ in range(MOST_WAITING + 1)]
    assert answers[:-1] == [[]] * MOST_WAITING
    assert result_of(answers[-1]) is T


def test_a_command_does_not_wait_for_ever() -> None:
    """An arm that never ends costs its followers 10 s, not an answer."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    bench.long(400, 1)
    assert bench.service.next_deadline_ms() is None
    bench.long(22, 0, 0, 0, 0, 0, 0, 10, now_ms=500)
    assert bench.service.next_deadline_ms() == 500 + LONGEST_WAIT_MS
    bench.service.handle_timeout(499 + LONGEST_WAIT_MS)
    assert bench.taken() == []
    bench.service.handle_timeout(500 + LONGEST_WAIT_MS)
    assert _results(bench.taken()) == [(22, T)]
    assert bench.service.next_deadline_ms() is None
    assert _names(bench) == ["arming.arm"]


def test_a_closed_link_takes_its_waiting_commands_along() -> None:
    """Nobody is left to mean them."""
    bench = CommandBench()
    bench.autopilot.outcomes["arming.arm"] = Outcome(P)
    bench.long(400, 1)
    bench.long(22, 0, 0, 0, 0, 0, 0, 10)
    bench.service.link_closed(QGC.link)
    bench.service.finish(400, Outcome(A))
    bench.service.handle_timeout(0)
    assert bench.taken() == []
    assert _names(bench) == ["arming.arm"]
