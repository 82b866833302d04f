"""The actor kernel with actors that do nothing but what a test tells them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest

from autopilot.flight.kernel import (
    MAILBOX_SIZE,
    MOST_RESTARTS,
    MOST_ROUNDS,
    Actor,
    ActorKernel,
    MailboxFullError,
    UnknownActorError,
)
from autopilot.flight.messages import OK, Ask, Message, MessageKind, Tag

Doing = Callable[[Actor, Message], None]


class Probe(Actor):
    """Writes down what it gets, then does what `doing` says."""

    log: ClassVar[list[tuple[str, str, object]]]
    doing: ClassVar[dict[str, Doing]]

    def handle_message(self, message: Message) -> None:
        self.log.append((self.name, message.kind.value, message.payload))
        if self.name in self.doing:
            self.doing[self.name](self, message)

    def handle_news(self, news: int, flags: int) -> None:
        self.log.append((self.name, "news", news))

    def handle_timeout(self) -> None:
        self.log.append((self.name, "deadline", self.port.now_ms))


class World:
    """Three actors: `first` and `second` critical, `third` not."""

    def __init__(self, doing: dict[str, Doing] | None = None, *, at_once: bool = False) -> None:
        self.log: list[tuple[str, str, object]] = []
        self.errors: list[tuple[str, Exception]] = []
        self.restarts = 0
        self.down: list[str] = []
        shared = {"log": self.log, "doing": doing or {}}
        kinds = [
            type("First", (Probe,), {"name": "first", **shared}),
            type("Second", (Probe,), {"name": "second", "listens": 2, **shared}),
            type(
                "Third",
                (Probe,),
                {"name": "third", "critical": False, "restarts_at_once": at_once, "listens": 2, **shared},
            ),
        ]
        self.kernel = ActorKernel(
            kinds,
            on_error=lambda name, error: self.errors.append((name, error)),
            on_restart=self.restarted,
            on_down=self.down.append,
        )

    def restarted(self) -> None:
        self.restarts += 1

    def tell(self, to: str, payload: int = 0) -> None:
        self.kernel.notify(to, Tag.GO, payload)

    def actor(self, name: str) -> Actor:
        return self.kernel._cells[name].actor  # the kernel hands out no actor


def raises(actor: Actor, message: Message) -> None:
    raise RuntimeError("broken")


def test_actors_run_in_their_order_whatever_the_order_of_sending() -> None:
    world = World()
    for name in ("third", "first", "second"):
        world.tell(name)
    world.kernel.run(20, 0)
    assert [name for name, _, _ in world.log] == ["first", "second", "third"]


def test_only_actors_with_something_to_do_run() -> None:
    """A message, news that is listened for, or a deadline; else nothing."""
    world = World()
    world.kernel.run(20, 0)
    assert world.log == []
    world.kernel.post_news(1)
    assert not world.kernel.pending
    world.kernel.post_news(3)
    world.kernel.run(40, 0)
    assert world.log == [("second", "news", 2), ("third", "news", 2)]


def test_a_deadline_runs_its_actor_once_at_its_time() -> None:
    world = World({"first": lambda actor, message: setattr(actor, "deadline_ms", 100)})
    world.tell("first")
    world.kernel.run(20, 0)
    assert world.kernel.deadline_ms == 100
    world.kernel.run(80, 0)
    world.kernel.run(100, 0)
    world.kernel.run(120, 0)
    assert world.log[1:] == [("first", "deadline", 100)]
    assert world.kernel.deadline_ms is None


def test_a_request_is_answered_within_the_same_run() -> None:
    def ask(actor: Actor, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY:
            actor.port.request("third", Ask.RESET, 7, 1000)

    world = World({"first": ask, "third": lambda actor, message: actor.port.reply(message, (OK, ""))})
    world.tell("first")
    world.kernel.run(20, 0)
    assert world.log == [("first", "notify", 0), ("third", "request", 7), ("first", "reply", (OK, ""))]
    assert world.kernel.deadline_ms is None


def test_a_request_without_an_answer_times_out_in_vehicle_time() -> None:
    """The asker gets a TIMEOUT with the tag of its request; an answer that comes later is dropped."""
    kept: list[Message] = []

    def ask(actor: Actor, message: Message) -> None:
        if message.kind is MessageKind.NOTIFY:
            actor.port.request("second", Ask.ARM, None, 1000)

    world = World({"first": ask, "second": lambda actor, message: kept.append(message)})
    world.tell("first")
    world.kernel.run(20, 0)
    assert world.kernel.deadline_ms == 1020
    world.kernel.run(1000, 0)
    assert len(world.log) == 2
    world.kernel.run(1020, 0)
    assert world.log[2:] == [("first", "timeout", None)]
    world.kernel.reply(kept[0], (OK, ""))
    world.kernel.run(1040, 0)
    assert len(world.log) == 3


def test_a_full_mailbox_is_an_error_that_names_both_actors() -> None:
    world = World()
    for _ in range(MAILBOX_SIZE):
        world.tell("first")
    with pytest.raises(MailboxFullError, match=r"mailbox of first is full: GO from kernel"):
        world.tell("first")


def test_an_answer_comes_into_a_full_mailbox_too() -> None:
    """Else whoever answers would fail for whoever is flooded."""

    def ask(actor: Actor, message: Message) -> None:
        if message.payload == 1:
            actor.port.request("second", Ask.ARM, None, 1000)

    def flood_and_answer(actor: Actor, message: Message) -> None:
        for _ in range(MAILBOX_SIZE):
            actor.port.notify("first", Tag.GO)
        actor.port.reply(message, (OK, ""))

    world = World({"first": ask, "second": flood_and_answer})
    world.tell("first", 1)
    world.kernel.run(20, 0)
    assert world.errors == [] and world.log[-1] == ("first", "reply", (OK, ""))


def test_a_timeout_comes_into_a_full_mailbox_too() -> None:
    """The vehicle's run goes on, and whoever is flooded learns that nobody answers."""
    world = World()
    world.kernel.request("first", "second", Ask.ARM, None, 1000)
    for _ in range(MAILBOX_SIZE):
        world.tell("first")
    world.kernel.run(1000, 0)
    assert world.log[MAILBOX_SIZE] == ("first", "timeout", None)


def test_requests_are_numbered_one_by_one() -> None:
    """As a trace shows them."""
    kernel = World().kernel
    assert [kernel.request("first", "second", Ask.ARM, None, 1000) for _ in range(3)] == [1, 2, 3]


def test_a_sibling_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UnknownActorError, match=r"no actor 'fourth'; there are first, second, third"):
        World().tell("fourth")


def test_a_critical_actor_that_raises_takes_all_critical_ones_with_it() -> None:
    """All of them are new, their mail is gone, the other one is untouched."""
    world = World({"first": raises})
    before = {name: world.actor(name) for name in ("first", "second", "third")}
    for name in ("first", "second", "third"):
        world.tell(name)
    world.kernel.run(20, 0)
    assert [name for name, _ in world.errors] == ["first"]
    assert world.restarts == 1
    assert [world.actor(name) is before[name] for name in before] == [False, False, True]
    assert [name for name, _, _ in world.log] == ["first", "third"]


def test_another_actor_that_raises_stays_down_until_it_is_revived() -> None:
    world = World({"third": raises})
    world.tell("third")
    world.kernel.run(20, 0)
    assert (world.down, world.restarts) == (["third"], 0)
    world.tell("third")
    world.kernel.post_news(2)
    world.kernel.run(40, 0)
    assert [name for name, _, _ in world.log] == ["third", "second"]
    world.kernel.revive()
    world.tell("third")
    world.kernel.run(60, 0)
    assert world.log[2:] == [("third", "notify", 0)]  # what it has missed is gone


def test_an_actor_that_restarts_at_once_gets_its_next_message() -> None:
    world = World({"third": raises}, at_once=True)
    world.tell("third")
    world.kernel.run(20, 0)
    world.tell("third")
    world.kernel.run(40, 0)
    assert len(world.log) == 2
    assert world.down == []


def test_who_raises_again_and_again_is_left_down() -> None:
    """More than five times in ten seconds: no endless restarts."""
    world = World({"first": raises})
    for attempt in range(8):
        world.tell("first")
        world.kernel.run(20 * attempt, 0)
    assert world.restarts == MOST_RESTARTS == 5
    assert world.down == ["first", "second"]


def test_who_is_revived_may_fail_as_often_again() -> None:
    """Its restarts are counted anew: the next failure is no last one."""
    world = World({"third": raises}, at_once=True)
    for attempt in range(MOST_RESTARTS + 1):
        world.tell("third")
        world.kernel.run(20 * attempt, 0)
    assert world.kernel.is_down("third")
    world.kernel.revive()
    for attempt in range(MOST_RESTARTS):
        world.tell("third")
        world.kernel.run(200 + 20 * attempt, 0)
        assert not world.kernel.is_down("third")


def test_requests_of_a_restarted_actor_are_forgotten() -> None:
    def ask_then_raise(actor: Actor, message: Message) -> None:
        actor.port.request("third", Ask.RESET, None, 1000)
        raise RuntimeError("broken")

    world = World({"first": ask_then_raise})
    world.tell("first")
    world.kernel.run(20, 0)
    world.kernel.run(2000, 0)
    assert [kind for name, kind, _ in world.log if name == "first"] == ["notify"]


def test_actors_that_never_come_to_rest_are_stopped_and_reported() -> None:
    """Two that answer each other for ever do not stop the process."""

    def pass_on(actor: Actor, message: Message) -> None:
        actor.port.notify("second" if actor.name == "first" else "first", Tag.GO)

    world = World({"first": pass_on, "second": pass_on})
    world.tell("first")
    world.kernel.run(20, 0)
    assert world.errors[0][0] == "kernel"
    assert str(world.errors[0][1]) == "actors still busy after 200 rounds"
    assert len(world.log) == 2 * MOST_ROUNDS  # both run in each round


def test_a_hung_actor_keeps_its_mail_and_its_deadline_until_it_goes_on() -> None:
    world = World()
    world.actor("first").deadline_ms = 30
    world.kernel.hang("first", True)
    world.tell("first")
    world.kernel.run(30, 0)
    assert (world.log, world.kernel.deadline_ms) == ([], None)
    world.kernel.hang("first", False)
    world.kernel.run(40, 0)
    assert world.log == [("first", "deadline", 40), ("first", "notify", 0)]
