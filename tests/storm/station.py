"""A ground station as a node on a wire: what it does are scripts (generators) that send, and wait for an answer or for
time to pass, with the patience of the program that it is a model of."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.firmware.protocol import Firmware
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.services.mission.upload import ABANDON_MS
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.framing import SIGNED, FrameReader, FrameWriter
from sortie.assembly.vehicle import VIRTUAL_EPOCH_US
from sortie.runtime.node import QuietNode
from tests.storm.keys import Signer
from tests.storm.models import Model, Patience

if TYPE_CHECKING:
    from tests.storm.process import Process
    from tests.storm.story import Story

Message = Any
dialect = codec.dialect
HEARD = codec.ids_of(
    "COMMAND_ACK", "MISSION_ACK", "MISSION_COUNT", "MISSION_CURRENT", "MISSION_ITEM", "MISSION_ITEM_INT",
    "MISSION_REQUEST", "MISSION_REQUEST_INT", "PARAM_VALUE", "FILE_TRANSFER_PROTOCOL",
)  # fmt: skip
"""Messages that scripts wait for: the only ones that travel to a station, all others are looked at where they leave."""
_STREAMED = codec.id_of("MISSION_CURRENT")


@dataclass(frozen=True)
class Wait:
    """A script waits for a message, at most until `until_ms` (time of the storm)."""

    match: Callable[[Message], bool]
    until_ms: int


Script = Generator[Wait, Message | None, Any]


class Station(QuietNode):
    """See the module. `story` hears what it does; `vehicle`: number of the one that it is on; `busy` while a script
    runs; further scripts wait in a row."""

    endpoints: tuple[LinkOwner, ...] = ()
    full = False

    def __init__(self, name: str, model: Model, story: Story, vehicle: int = 0) -> None:
        self.name, self.model, self.story = name, model, story
        self.process: Process | None = None
        self.target = (vehicle + 1, 1)
        self.firmware: Firmware = OWN
        """Firmware of the vehicle that it is on."""
        self.link: Any = None
        self._system, self._component = model.system, model.component
        self.writer = FrameWriter(self._system, self._component)
        self._reader = FrameReader()
        self._out: list[bytes] = []
        self._inbox: deque[Message] = deque()
        self._scripts: deque[tuple[str, Callable[[], Script]]] = deque()
        self._running: Script | None = None
        self._doing = ""
        self._wait: Wait | None = None
        self._beat_ms = 0
        self.trusted, self.intruder = True, False
        self.radio = ""
        """Profile of the radios between it and the vehicle."""
        self.signer: Signer | None = None
        self.clock_ms = self.epoch_ms = 0
        """By which its clock is wrong."""
        self.counted_ms: dict[int, int] = {}
        """When the MISSION_COUNT of an upload that has had no acknowledgement was sent last, by kind of plan."""
        self.finished: list[tuple[str, Any]] = []

    # --- ties -----------------------------------------------------------------------------------------------------
    def tie(self, process: Process, link: Any) -> None:
        """On this wire from now on."""
        self.process, self.link = process, link
        self._reader = FrameReader()
        self._beat_ms = process.storm_ms

    def untie(self) -> None:
        """Hung up, or the process is gone; what it was doing meets silence."""
        self.process = self.link = None

    @property
    def system(self) -> int:
        """Its system id now."""
        return self._system

    def be(self, system: int, component: int, *, sequence: int | None = None) -> None:
        """Come back as another, or with an old sequence number."""
        self._system, self._component = system, component
        self.writer = FrameWriter(system, component)
        if sequence is not None:
            self.writer.advance(sequence)

    def use_key(self, key: bytes, link_id: int) -> None:
        """Sign what is sent from now on."""
        self.signer = Signer(key, link_id, self.unix_us)

    def unix_us(self) -> int:
        """UTC by its clock."""
        return VIRTUAL_EPOCH_US + (self._now_ms + self.epoch_ms + self.clock_ms) * 1000

    def set_clock(self, by_ms: int) -> None:
        """Its clock is wrong by so much from now on."""
        self.clock_ms = by_ms
        if self.signer is not None:
            self.signer.restart()

    # --- scripts --------------------------------------------------------------------------------------------------
    def do(self, what: str, script: Callable[[], Script]) -> None:
        """Run a script, after those that wait already."""
        self._scripts.append((what, script))

    def hears(self, frame: bytes) -> bool:
        """Does this frame of the vehicle (MAVLink 2) matter to what it does?"""
        if frame[5] != self.target[0]:
            return False
        msg_id = frame[7] | frame[8] << 8 | frame[9] << 16
        if msg_id == 0 and self.signer is not None and frame[2] & SIGNED:
            self.signer.hear(frame)  # a HEARTBEAT: catches up with the vehicle's clock
        return msg_id in HEARD and (msg_id != _STREAMED or self.busy)

    @property
    def busy(self) -> bool:
        return self._running is not None or bool(self._scripts)

    def drop_all(self) -> None:
        """Forget what it was doing and has not sent (the program was ended). The vehicle may still have the upload that
        it had begun, and ask for its first item."""
        given_up_ms = self.now() + ABANDON_MS
        self.counted_ms = {kind: max(at_ms, given_up_ms) for kind, at_ms in self.counted_ms.items()}
        self._scripts.clear()
        self._out.clear()
        self._running = self._wait = None

    def send(self, message: Message) -> None:
        """To the vehicle."""
        msg_id, payload, extra = codec.payload(message)
        frame = self.writer.frame(msg_id, payload, extra)
        self._out.append(frame if self.signer is None else self.signer.sign(frame))

    def send_as(self, system: int, component: int, message: Message) -> None:
        """As a router passes on what another says."""
        msg_id, payload, extra = codec.payload(message)
        frame = FrameWriter(system, component).frame(msg_id, payload, extra)
        self._out.append(frame if self.signer is None else self.signer.sign(frame))

    def send_bytes(self, data: bytes) -> None:
        """As they are."""
        self._out.append(data)

    def sleep(self, ms: int) -> Script:
        """Let time pass."""
        yield Wait(lambda message: False, self.now() + ms)

    def wait(self, match: Callable[[Message], bool], ms: int) -> Generator[Wait, Message | None, Message | None]:
        """The next message of that kind, None after `ms`."""
        return (yield Wait(match, self.now() + ms))

    def ask(
        self, make: Callable[[int], Message], match: Callable[[Message], bool], patience: Patience
    ) -> Generator[Wait, Message | None, Message | None]:
        """Send until there is an answer; `make(n)` is the n-th repetition."""
        for repetition in range(patience.sends):
            self.send(make(repetition))
            answer = yield Wait(match, self.now() + patience.ms)
            if answer is not None:
                return answer
        return None

    def now(self) -> int:
        """Time of the storm."""
        return self._now_ms

    _now_ms = 0

    def _start_next(self) -> None:
        while self._running is None and self._scripts:
            self._doing, make = self._scripts.popleft()
            self.story.say(self.now(), self.name, self._doing)
            self._running = make()
            self._resume(None, first=True)

    def _resume(self, message: Message | None, *, first: bool = False) -> None:
        assert self._running is not None
        try:
            self._wait = next(self._running) if first else self._running.send(message)
        except StopIteration as end:
            self._running = self._wait = None
            result = "" if end.value is None else f": {end.value}"
            self.story.say(self.now(), self.name, f"{self._doing} ended{result}")
            self.finished.append((self._doing, end.value))
            self.story.meet(
                "act", self._doing, f"{end.value}" if isinstance(end.value, int) else type(end.value).__name__
            )

    def look(self, now_ms: int) -> None:
        """Time is `now_ms`: go on with what was heard, and with what is due."""
        self._now_ms = now_ms
        if self.model.heartbeat and self.process is not None and now_ms >= self._beat_ms:
            self._beat_ms = now_ms + 1000
            self.send(dialect.MAVLink_heartbeat_message(6, 8, 192, 0, 4, 3))
        self._start_next()
        while self._running is not None:
            wait = self._wait
            assert wait is not None
            message = next((heard for heard in self._pop() if wait.match(heard)), None)
            if message is None and now_ms < wait.until_ms:
                break
            self._resume(message)
            self._start_next()
        if self._running is None:
            self._inbox.clear()

    def _pop(self) -> Iterable[Message]:
        while self._inbox:
            yield self._inbox.popleft()

    def due_ms(self) -> int | None:
        """Time of the storm at which it wants to look."""
        if self._scripts and self._running is None:
            return self._now_ms
        due = self._beat_ms if self.model.heartbeat and self.process is not None else None
        if self._wait is not None and (due is None or self._wait.until_ms < due):
            due = self._wait.until_ms
        return due

    # --- node and plug --------------------------------------------------------------------------------------------
    @property
    def now_ms(self) -> int:
        return 0 if self.process is None else self.process.runtime.now_ms

    @property
    def node(self) -> Station:
        return self

    def next_link_deadline_ms(self) -> int | None:
        due = self.due_ms()
        return None if due is None or self.process is None else max(due - self.process.base_ms, 0)

    def serve_links(self, link_ms: int) -> None:
        if self.process is None:
            return
        now_ms, due_ms = self.process.base_ms + link_ms, self.due_ms()
        if self._inbox or (due_ms is not None and due_ms <= now_ms):
            self.look(now_ms)

    def take(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data

    def hand(self, data: bytes, link_ms: int) -> None:
        for frame in self._reader.receive(data, link_ms):
            if frame.msg_id in HEARD and frame.known and frame.system == self.target[0]:
                message = codec.decode(frame.msg_id, frame.payload)
                if message is not None:
                    header = message.get_header()
                    header.srcSystem, header.srcComponent = frame.system, frame.component
                    self._inbox.append(message)
