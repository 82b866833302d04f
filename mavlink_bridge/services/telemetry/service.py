"""Telemetry service: streams at their rates, and messages that are sent at once.

Each link has a `Schedule`; the encoder writes all due streams of a link in one call. Events of the core become messages
on all links in the same pass, HEARTBEAT first. Clock: vehicle time. The service owns rates and waiting texts; all
contents come from the core and the vehicle's report of that instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from autopilot.context.events import (
    ArmedChanged,
    CameraTriggered,
    Event,
    FenceChanged,
    FlightStateChanged,
    GuidedTargetReached,
    HomeChanged,
    ModeChanged,
    StatusText,
)
from autopilot.mav import Capability, Result
from autopilot.mission.events import CurrentChanged, ItemReached, MissionCleared, MissionComplete
from mavlink_bridge.firmware.identity import Identity
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.telemetry import announcements
from mavlink_bridge.services.telemetry.encoder import Chosen, StreamEncoder
from mavlink_bridge.services.telemetry.facts import FactReader, TelemetryParts
from mavlink_bridge.services.telemetry.layout import LAYOUTS, NUMBER_OF, NUMBER_OF_NAME
from mavlink_bridge.services.telemetry.pool import ALL_LOOKED_AT, Standing, StreamPool
from mavlink_bridge.services.telemetry.rates import StreamRates
from mavlink_bridge.wire import codec
from mavlink_bridge.wire.codec import boot_ms, dialect, id_of

_HEARTBEAT: Final = NUMBER_OF_NAME["HEARTBEAT"]
_HOME: Final = NUMBER_OF_NAME["HOME_POSITION"]
_AT_ONCE: Final[dict[type, int]] = {
    ModeChanged: _HEARTBEAT,
    ArmedChanged: _HEARTBEAT,
    CurrentChanged: NUMBER_OF_NAME["MISSION_CURRENT"],
    MissionCleared: NUMBER_OF_NAME["MISSION_CURRENT"],
    MissionComplete: NUMBER_OF_NAME["MISSION_CURRENT"],
    HomeChanged: _HOME,
    FenceChanged: NUMBER_OF_NAME["FENCE_STATUS"],
}
"""Streams that an event of the core sends at once, outside their rate."""
_HIGH_LATENCY_HZ: Final = {"*": 0.0, "HIGH_LATENCY2": 0.2}
"""Streams of a high-latency link, as in ArduPilot."""
_QUIET_HZ: Final = {"*": 0.0, "HEARTBEAT": 1.0}
_AUTOPILOT_VERSION: Final = id_of("AUTOPILOT_VERSION")
_GPS_GLOBAL_ORIGIN: Final = id_of("GPS_GLOBAL_ORIGIN")
_START: Final = 1


class TelemetryService(Speaker):
    """Telemetry of a vehicle. `boot_unix_us`: us since 1970 at vehicle time 0. `skipped`: number of due streams on
    congested links, which get only HEARTBEAT."""

    clock: Clock = "vehicle"
    handles = frozenset({"REQUEST_DATA_STREAM"})

    def __init__(
        self, parts: TelemetryParts, output: Endpoint, identity: Identity | None = None, *, boot_unix_us: int = 0
    ) -> None:
        self._parts = parts
        self._output = output
        self.identity = identity or Identity()
        self._encoder = StreamEncoder(output.system_id, output.component_id)
        self._boot_unix_us = boot_unix_us
        self.facts = FactReader(parts, self.identity, self._encoder.source, boot_unix_us)
        self.rates = StreamRates()
        self._links = self.rates.schedules
        self._apart: set[int] = set()  # links of high latency
        self._greeted: set[int] = set()
        self._pool: StreamPool | None = None
        self._row = 0
        self._at_once = False
        self._texts = announcements.TextQueue()
        self._boot = announcements.BootTexts(parts.facts)
        super().__init__()
        self.skipped = 0
        self.decided = True
        """True when something may have been decided since the core's facts were read; else the vehicle has only moved.
        Set by callers that let the core decide; cleared only while `core_called` is False."""
        self.core_called = True  # False in a pass without a call of the core
        self.at_once = dict(_AT_ONCE)
        """Streams that are sent at once, by type of event."""
        self.answers: dict[int, Callable[[float], Sequence[Message]]] = {}
        """Further messages on request, by id: functions of the request's param2; an empty result is FAILED."""

    def load(self) -> bool:
        """Use compiled encoding from now on, see `StreamEncoder.load`."""
        return self._encoder.load()

    def join(self, pool: StreamPool, row: int) -> None:
        """Leave streams that fall due while the pool gathers to it; `row`: row of this vehicle."""
        self._pool, self._row = pool, row
        self._encoder.move_to(pool.sources[row])
        self.facts.move_to(pool.sources[row])

    @property
    def flows(self) -> bool:
        """True while only streams are to be sent, which the pool may write by itself (`StreamPool.flow`)."""
        return not self.decided and not self._out and self._pool is not None and self._pool.stands(self._row)

    def alone(self) -> StreamPool | None:
        """Pool of this vehicle alone, joined; None without links or compiled code, where it is of no use."""
        if not self._links or not self.load():
            return None
        pool = StreamPool(self._parts.facts.vehicle.state.report.reshape(1, -1))
        pool.load()
        self.join(pool, 0)
        return pool

    # --- links ----------------------------------------------------------------------------------------------------
    def open_link(self, link: int, *, rates_hz: Mapping[str, float] | None = None, fixed: bool = False) -> None:
        """Open a link: a HEARTBEAT in the next pass, other streams at the default rates, changed by `rates_hz` (message
        name to Hz, "*" = all default streams). `fixed`: requests do not change the rates (as for a log). A high-latency
        link has only HIGH_LATENCY2."""
        apart = link not in self._output.routes()
        if apart:
            rates_hz, fixed = _HIGH_LATENCY_HZ, True
            self._apart.add(link)
        elif link in self._output.quiet:
            rates_hz = _QUIET_HZ
        self.rates.open_link(link, rates_hz or {}, fixed=fixed)
        self.decided = True
        (self._greeted.add if apart else self._greeted.discard)(link)
        if not fixed and announcements.introduces(self.identity):
            self._boot.open_link(link)

    def link_closed(self, link: int) -> None:
        self.decided = self.rates.close_link(link) or self.decided
        self._apart.discard(link)
        self._greeted.discard(link)
        self._boot.link_closed(link)

    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """REQUEST_DATA_STREAM: set the rate of one group on this link; no acknowledgement."""
        hz = message.req_message_rate if message.start_stop == _START else 0
        self.rates.set_group_rate(peer.link, message.req_stream_id, hz)

    # --- requests -------------------------------------------------------------------------------------------------
    def request_message(self, link: int, msg_id: int, p2: float = 0.0) -> Result:
        """REQUEST_MESSAGE: the message is queued in `take_outgoing`, so that the acknowledgement is sent first. FAILED
        without data yet, UNSUPPORTED for an unknown message."""
        message: Message | None
        if msg_id in self.answers:
            answers = self.answers[msg_id](p2)
            self._out += [Outgoing(answer, link) for answer in answers]
            return Result.ACCEPTED if answers else Result.FAILED
        if msg_id == _AUTOPILOT_VERSION:
            ends = self._parts.facts.param("AFS_ENABLE") != 0.0
            message = announcements.autopilot_version(self.identity, Capability.FLIGHT_TERMINATION if ends else 0)
        elif msg_id == _GPS_GLOBAL_ORIGIN:
            message = self._origin()
        elif msg_id in NUMBER_OF:
            message = self._streamed(NUMBER_OF[msg_id])
        else:
            return Result.UNSUPPORTED
        if message is None:
            return Result.FAILED
        self._out.append(Outgoing(message, link))
        return Result.ACCEPTED

    def banner(self) -> list[Message]:
        """STATUSTEXTs with the vehicle's version and kind (docs/reference/ground-stations.md, 1.6)."""
        return announcements.banner(self.identity)

    def _streamed(self, number: int) -> Message | None:
        self._refresh()
        payload = self._encoder.payload(number)
        return None if payload is None else codec.decode(LAYOUTS[number].msg_id, payload)

    def last_photo(self) -> list[Message]:
        """CAMERA_FEEDBACK of the last picture, with number 0 before the first; empty without a shutter."""
        facts, photos = self._parts.facts, self._parts.payload.camera.photos
        if facts.param("CAM1_TYPE") == 0.0:
            return []
        photo = photos[-1] if photos else CameraTriggered(0, facts.now_ms, facts.vehicle.state.place)
        return [announcements.camera_feedback(photo, facts, self._boot_unix_us)]

    def _origin(self) -> Message | None:
        origin = self._parts.facts.vehicle.origin or self._parts.facts.set_origin
        if origin is None:
            return None
        now_us = self._parts.facts.vehicle.state.time_ms * 1000
        return dialect.MAVLink_gps_global_origin_message(
            round(origin.lat * 1e7), round(origin.lon * 1e7), round(origin.alt * 1e3), now_us
        )

    # --- time and events ------------------------------------------------------------------------------------------
    def next_deadline_ms(self) -> int | None:
        """Time of the next due stream or waiting text, ms; in the past when something is new."""
        if not self._links:
            return None
        deadline = 0 if self._out or len(self._greeted) < len(self._links) else self._texts.next_deadline_ms()
        for schedule in self._links.values():
            due = schedule.next_ms
            if due is not None and (deadline is None or due < deadline):
                deadline = due
        return deadline

    def handle_timeout(self, now_ms: int) -> None:
        """Send the due streams and texts."""
        self._send_texts(now_ms)
        fresh = False
        boot = self._boot.due()
        pool = None if self._at_once or boot else self._pool  # a pool would write the streams after the texts
        self._at_once = False
        for link, schedule in self._links.items():
            due = schedule.take_due(now_ms)
            if link not in self._greeted:
                due = self._greet(link, due)
            if due is not None and self._output.out_queue(link).busy:  # its reader must not consider the vehicle lost
                self.skipped += len(due)
                due = _ONLY[_HEARTBEAT] if _HEARTBEAT in due else None
            if due is None:
                continue
            if pool is not None and pool.gathering and self._leave(pool, link, due, now_ms):
                continue
            if not fresh:
                self._refresh()
                fresh = True
            self._append(link, due)
        for link, text in boot:
            self._output.send(text, link)
        if self._pool is not None and not self.decided:
            self._pool.stand(self._row, self._find_standing())

    def _find_standing(self) -> Standing:
        if not self._boot.complete or self._texts.next_deadline_ms() is not None:
            return ALL_LOOKED_AT
        links = [(schedule, self._output.direct(link)) for link, schedule in self._links.items()]
        return Standing.of((self._output.system_id, self._output.component_id), links)

    def _leave(self, pool: StreamPool, link: int, due: Chosen, now_ms: int) -> bool:
        """Leave due streams to the pool; False if that is not possible."""
        target = self._output.direct(link)
        if target is None:
            return False
        row = self._row
        if not pool.gathers(row):
            if read := self.decided or pool.has_moved(row):
                self._read_facts()
                self._encoder.keep(self._parts.facts.vehicle.state.report)
            pool.begin_row(row, copied=read)
        out = self._output
        pool.add(row, target, due, (out.system_id, out.component_id), self._boot_unix_us + 1000 * now_ms)
        return True

    def send_heartbeat(self) -> None:
        """Send a HEARTBEAT on all links while vehicle time stands still or lags; facts are read again after a
        decision."""
        if self.decided:
            self._refresh()
        self._send_stream(_HEARTBEAT)

    def handle_events(self, events: Iterable[Event], now_ms: int) -> None:
        """Send the core's announcements of this pass at once, on all links, in order, but HEARTBEAT first; due streams
        of this pass follow."""
        if not self._links:
            return
        if self._pool is not None:
            self._at_once = True
            if self._pool.gathers(self._row):  # streams due before the event go before it
                self._pool.write()
        waiting = self._actions(events)
        if waiting:
            self._refresh()
            for action in waiting:
                if isinstance(action, int):
                    self._send_stream(action)
                elif isinstance(action, StatusText):
                    self._texts.push(action)
                    self._send_texts(now_ms)
                else:
                    self._output.send(action)

    def _actions(self, events: Iterable[Event]) -> list[object]:
        """Stream numbers, texts and messages, in the order of sending. A stream is sent once, at its last position,
        since it shows the state after all events."""
        actions: list[object] = []
        for event in events:
            action = self._action(event)
            if action is None:
                continue
            if isinstance(action, int) and action in actions:
                actions.remove(action)
            actions.append(action)
        if _HEARTBEAT in actions:
            actions.remove(_HEARTBEAT)
            actions.insert(0, _HEARTBEAT)
        if _HOME in actions and self.identity.speaks.habits.origin_with_home and (origin := self._origin()) is not None:
            actions.insert(actions.index(_HOME) + 1, origin)
        return actions

    def _action(self, event: Event) -> Message:
        """Stream number, text or message for an event; None: nothing to send."""
        at_once = self.at_once.get(type(event))
        if at_once is not None:
            return at_once
        match event:
            case StatusText():
                return event
            case GuidedTargetReached():
                return dialect.MAVLink_mission_item_reached_message(0)
            case ItemReached(seq):
                item, speaks = self._parts.plans.mission.get(seq), self.identity.speaks
                if item is not None and speaks.mode_of_item(item.command) is not None:
                    return None  # a mode, not an item to reach, in this firmware
                return dialect.MAVLink_mission_item_reached_message(speaks.wire_seq(seq))
            case CameraTriggered():
                return announcements.camera_feedback(event, self._parts.facts, self._boot_unix_us)
            case FlightStateChanged(state):
                now_ms = boot_ms(self._parts.facts.vehicle.state.time_ms)
                return dialect.MAVLink_named_value_int_message(now_ms, b"FM_STATE", state)
        return None

    # --- bytes ----------------------------------------------------------------------------------------------------
    def _refresh(self) -> None:
        """Read the core and the vehicle, so that the encoder has the present values."""
        self._encoder.system, self._encoder.component = self._output.system_id, self._output.component_id
        self._read_facts()
        self._encoder.prepare(self._parts.facts.vehicle.state.report)

    def _read_facts(self) -> None:
        self.facts.read(moved_only=not self.decided)
        self.decided = self.core_called

    def _greet(self, link: int, due: Chosen | None) -> Chosen:
        """Add a HEARTBEAT for a new link, because clients wait for the first."""
        self._greeted.add(link)
        if due is None or _HEARTBEAT in due:
            return _ONLY[_HEARTBEAT] if due is None else due
        return np.concatenate((_ONLY[_HEARTBEAT], due))

    def _send_stream(self, number: int) -> None:
        for link in self._links:
            if link not in self._apart:
                self._append(link, _ONLY[number])

    def _send_texts(self, now_ms: int) -> None:
        for message in self._texts.take(now_ms):
            self._output.send(message)

    def _append(self, link: int, numbers: Chosen) -> None:
        data, frames = self._encoder.encode(numbers, self._output.next_sequence(link))
        if frames:
            self._output.append(link, data, frames)


_ONLY: Final[list[Chosen]] = [np.array([number], np.int64) for number in range(len(LAYOUTS))]
