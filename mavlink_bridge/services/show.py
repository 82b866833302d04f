"""Drone show over MAVLink, in the protocol of Skybrush's server for its ArduCopter.

The show's file is uploaded by MAVFTP as `collmot/show.skyb` and loaded by USER_1 with 0 (1: remove the show); USER_2
with 0 sets its place. DATA16 of type 0x5C orders the start for all; DATA16 of type 0x5B reports the status twice a
second, with the colour of the light. Other numbers of USER_1 go to the handler registered before. Vehicle time. Source:
Skybrush's ArduCopter (CMCopter-4.6, d0e9e56f).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.journal import Journal
from autopilot.interface import report
from autopilot.interface.result import Outcome
from autopilot.mav import Cmd
from autopilot.show.lights import BLACK, Colour, LightProgram
from autopilot.show.mode import FLYING, ShowMode, ShowStage
from autopilot.show.show import Show
from mavlink_bridge.routing.service import Clock, Message, Outgoing, Peer, Speaker
from mavlink_bridge.services.broadcast import Broadcast
from mavlink_bridge.services.commands.context import ACCEPTED, FAILED, UNSUPPORTED, CommandRow, Context
from mavlink_bridge.services.commands.request import Command
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.ftp.files import Pages, VirtualFiles, WrittenFile, storing
from mavlink_bridge.services.operator import START_OF_SHOW
from mavlink_bridge.services.telemetry.service import TelemetryService
from mavlink_bridge.wire.codec import dialect, id_of

FOLDER: Final = "collmot"
_FILE: Final = "show.skyb"
_LARGEST: Final = 1 << 18  # bytes
_STATUS: Final = 0x5B  # DATA16.type
_BEGIN: Final = 1  # first byte of an order
_RELOAD, _CLEAR = 0.0, 1.0
_EVERY_US: Final = 500_000
_LAYOUT: Final = struct.Struct("<iHBBBBh")


class ShowService(Speaker):
    """Service of a drone show. `links`: links that receive the status."""

    clock: Clock = "vehicle"
    handles = frozenset({"DATA16"})

    def __init__(
        self,
        parts: VehicleParts,
        show: Show,
        mode: ShowMode,
        journal: Journal,
        files: VirtualFiles,
        commands: CommandService,
        telemetry: TelemetryService,
        links: Callable[[], Sequence[int]],
    ) -> None:
        super().__init__()
        self._parts, self._show, self._mode, self._journal = parts, show, mode, journal
        self._program: tuple[bytes, LightProgram] = (b"", LightProgram(b""))
        files.mount(FOLDER, Pages({_FILE: lambda: show.content}))
        files.writer(f"{FOLDER}/{_FILE}", lambda: WrittenFile(self._keep, _LARGEST))
        self._others = commands.supported(Cmd.USER_1)
        commands.register(Cmd.USER_1, CommandRow(self._load, required=(1,), at_once=True, durable=True))
        commands.register(Cmd.USER_2, CommandRow(self._stand, durable=True))
        self._broadcast = telemetry.rates.subscriptions[id_of("DATA16")] = Broadcast(links, _EVERY_US)
        telemetry.answers[id_of("DATA16")] = lambda _: [self.status()]

    # --- its file, and where ----------------------------------------------------------------------------------------
    def _keep(self, content: bytes) -> Callable[[], bool]:
        mark, before = self._journal.latest(), self._show.content
        self._show.keep(content)
        return storing(self._journal, mark, lambda: self._take_back(content, before))

    def _take_back(self, refused: bytes, before: bytes) -> None:
        """Keep the file before one that could not be stored, unless another came meanwhile."""
        if self._show.content == refused:
            self._show.content = before

    def _load(self, command: Command, context: Context) -> Outcome:
        action = command.param(1)
        if action not in (_RELOAD, _CLEAR):
            return UNSUPPORTED if self._others is None else self._others.handler(command, context)
        if action == _CLEAR and not self._parts.facts.armed:
            self._show.keep(b"")
        return ACCEPTED if self._show.reload() else FAILED

    def _stand(self, command: Command, context: Context) -> Outcome:
        if command.param(1) != 0.0:
            return UNSUPPORTED
        lat, lon, amsl_mm = (command.whole(n) for n in (5, 6, 7))
        return ACCEPTED if self._show.stand_at(lat, lon, amsl_mm, command.param(4)) else FAILED

    # --- when, and the light ----------------------------------------------------------------------------------------
    def handle_message(self, message: Message, peer: Peer, now_ms: int) -> None:
        """Take an order to start."""
        data = bytes(message.data)[: message.len]
        if message.type == START_OF_SHOW and data[:1] == bytes((_BEGIN,)) and len(data) >= 6:
            self._show.order(*struct.unpack_from("<ib", data, 1))

    def colour(self, now_ms: int) -> Colour:
        file, elapsed_s = self._show.file, self._show.elapsed_s(now_ms)
        if file is None or self._mode.stage not in FLYING or elapsed_s < 0.0:
            return BLACK
        if self._program[0] is not file.lights:
            self._program = file.lights, LightProgram(file.lights)
        return self._program[1].colour(int(1000.0 * elapsed_s))

    # --- how things stand -------------------------------------------------------------------------------------------
    def status(self) -> Message:
        facts, show, mode, fence = self._parts.facts, self._show, self._mode, self._parts.fence
        now_ms, r = facts.now_ms, facts.vehicle.state.report
        red, green, blue = self.colour(now_ms)
        param, authorized = facts.param, int(show.scope)
        origin = param("SHOW_ORIGIN_LAT") != 0.0 and param("SHOW_ORIGIN_LNG") != 0.0
        flags = (  # highest bit first
            show.file is not None,
            show.start_ms is not None,
            origin,
            param("SHOW_ORIENTATION") >= 0.0,
            fence.enabled,
            authorized != 0,
            False,
            bool(fence.breached),
        )
        misplaced = mode.stage is ShowStage.WAITING and show.misplaced
        packed = _LAYOUT.pack(
            int(param("SHOW_START_TIME", -1.0)),
            (red >> 3) << 11 | (green >> 2) << 5 | blue >> 3,
            sum(holds << bit for bit, holds in enumerate(reversed(flags))),
            misplaced << 7 | mode.stage,
            min(int(r[report.GPS_SATS]), 31) << 3 | min(int(r[report.GPS_FIX]), 7),
            authorized << 2,
            min(max(int(show.elapsed_s(now_ms)), -32_768), 32_767),
        )
        return dialect.MAVLink_data16_message(_STATUS, 14, packed.ljust(16, b"\0"))

    def handle_timeout(self, now_ms: int) -> None:
        for link in self._broadcast.take_due(now_ms):
            self._out.append(Outgoing(self.status(), link))

    def next_deadline_ms(self) -> int | None:
        return self._broadcast.next_ms()

    def link_closed(self, link: int) -> None:
        self._broadcast.forget(link)
