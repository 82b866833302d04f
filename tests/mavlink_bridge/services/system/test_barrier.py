"""The question behind what was sent: who answers is found out, and an answer that is due is known to be due."""

from __future__ import annotations

import pytest

from mavlink_bridge.routing.service import Message, Peer
from mavlink_bridge.services.system.barrier import FIRST_MS, MAX_QUESTIONS, Barrier
from mavlink_bridge.wire.codec import dialect

LINK = 3
PATIENCE_MS = 6000


def answer(question: Message, *, stamp_by: int = 0) -> Message:
    """As MAVSDK gives it; `stamp_by`: to another question."""
    if question.get_type() == "PING":
        return dialect.MAVLink_ping_message(question.time_usec, question.seq + stamp_by, 1, 1)
    return dialect.MAVLink_timesync_message(77, question.ts1 + stamp_by)


class Side:
    """A vehicle with one client, which answers the questions that it `knows`."""

    def __init__(self, *knows: str) -> None:
        self.barrier = Barrier(PATIENCE_MS)
        self.knows = knows

    def ask(self, now_ms: int, *, answers: bool = True) -> list[str]:
        """The names of what is sent; answered at once."""
        questions = self.barrier.ask(LINK, now_ms)
        for question in questions:
            if answers and question.get_type() in self.knows:
                self.hear(answer(question), now_ms)
        return [question.get_type() for question in questions]

    def hear(self, message: Message, now_ms: int) -> None:
        self.barrier.handle_message(message, Peer(LINK, 255, 190), now_ms)

    def owes(self, now_ms: int) -> bool:
        return self.barrier.owes(LINK, now_ms)


@pytest.mark.parametrize("name", ["PING", "TIMESYNC"])
def test_who_has_answered_is_asked_that_and_owes_until_it_answers(name: str) -> None:
    """Both are asked first; nobody owes an answer before he has given one; one question at a time."""
    side = Side(name)
    assert side.ask(0, answers=False) == ["PING", "TIMESYNC"] and not side.owes(0)
    assert side.ask(FIRST_MS) == ["PING", "TIMESYNC"] and not side.owes(FIRST_MS)
    (question,) = side.barrier.ask(LINK, 100)
    assert question.get_type() == name and side.owes(100)
    assert side.ask(101) == []
    side.hear(answer(question, stamp_by=-1), 102)
    assert side.owes(102)
    side.hear(answer(question), 103)
    assert not side.owes(103) and side.ask(103, answers=False) == [name]


def test_who_never_answers_is_asked_ever_more_rarely_and_then_no_more() -> None:
    """And never owes anything."""
    side = Side()
    asked = [now_ms for now_ms in range(0, 60_000, 10) if side.ask(now_ms)]
    assert asked[:4] == [0, FIRST_MS, 3 * FIRST_MS, 7 * FIRST_MS] and len(asked) == MAX_QUESTIONS
    assert not side.owes(60_000)


def test_a_late_answer_to_an_earlier_question_counts_while_it_is_sought() -> None:
    """A program that begins answers what has waited for it."""
    side = Side()
    first = side.barrier.ask(LINK, 0)[0]
    side.ask(FIRST_MS)
    side.hear(answer(first), 90)
    assert side.ask(91) == ["PING"] and side.owes(91)


def test_who_stops_answering_is_one_that_does_not_answer() -> None:
    """After the patience; then it is sought anew."""
    side = Side("PING")
    side.ask(0)
    side.ask(100, answers=False)
    assert side.owes(100 + PATIENCE_MS - 1) and not side.owes(100 + PATIENCE_MS)
    assert side.ask(100 + PATIENCE_MS) == ["PING", "TIMESYNC"]


def test_questions_of_others_and_links_that_close_are_nothing() -> None:
    """A client's own PING and TIMESYNC are no answers; another client on another link is another one."""
    side = Side("PING")
    side.hear(dialect.MAVLink_ping_message(0, 1, 0, 0), 0)
    side.ask(0, answers=False)
    side.hear(dialect.MAVLink_ping_message(0, 1, 0, 0), 1)
    side.hear(dialect.MAVLink_timesync_message(0, 1), 1)
    assert side.ask(FIRST_MS) == ["PING", "TIMESYNC"]
    side.ask(200, answers=False)
    assert side.owes(200) and not side.barrier.owes(LINK + 1, 200)
    side.barrier.link_closed(LINK)
    assert not side.owes(200)
