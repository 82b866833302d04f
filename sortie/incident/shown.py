"""Recording as a vehicle on links: its player and its services; several recordings share links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from autopilot.context.journal import NoJournal
from autopilot.context.turns import earliest
from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.routing.endpoint import Endpoint
from mavlink_bridge.routing.network import Network
from mavlink_bridge.services.ftp.files import DirectoryEntry, FileRefusedError, OpenFile, VirtualFiles
from mavlink_bridge.services.ftp.parameter_file import ParameterFiles
from mavlink_bridge.services.ftp.service import FtpService
from mavlink_bridge.services.ftp.wire import Nak
from mavlink_bridge.services.parameters import ParameterService
from mavlink_bridge.services.system.logs import LogEntry, LogService
from sortie.incident.answers import RecordedCommands, RecordedPlans
from sortie.incident.player import Player
from sortie.incident.recording import Recording
from sortie.logs.served import ServedDirectory
from sortie.runtime.node import QuietNode

_ROOM: Final = 16 * 1024
"""Bytes that an answer of many messages may queue on a link."""


class _LogFolder:
    """The log as a file for MAVFTP; no other file of its folder."""

    def __init__(self, log: Path) -> None:
        self.log = log.resolve()
        self._folder = ServedDirectory(self.log.parent)

    def open(self, path: str, query: str) -> OpenFile:
        if path != self.log.name:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return self._folder.open(path, query)

    def entries(self, path: str) -> Sequence[DirectoryEntry]:
        return [entry for entry in self._folder.entries(path) if entry.name == self.log.name]


class _TheLog:
    """The log for the log download protocol."""

    def __init__(self, folder: _LogFolder, boot_us: int) -> None:
        self._folder = folder
        self._utc_s = boot_us // 1_000_000

    def entries(self) -> Sequence[LogEntry]:
        return [LogEntry(0, entry.size, self._utc_s) for entry in self._folder.entries("")]

    def open_log(self, key: int) -> OpenFile | None:
        try:
            return self._folder.open(self._folder.log.name, "")
        except FileRefusedError:  # deleted in the meantime
            return None

    def erase(self) -> Iterator[str]:
        return iter(["this is a replay of a log"])


class ShownRecording:
    """Recording with an endpoint of its own, as system `system`. `begin_s`: start, s from the beginning of the log."""

    def __init__(
        self,
        recording: Recording,
        system: int,
        *,
        speed: float,
        begin_s: float | None = None,
        on_error: Callable[[Exception, str], None],
    ) -> None:
        self.recording = recording
        self.endpoint = endpoint = Endpoint(system, 1, on_error=on_error)
        self.player = player = Player(recording, speed=speed)
        if begin_s is not None:
            player.jump(player.first_ms + round(begin_s * 1000.0))

        def room(link: int) -> int:
            return endpoint.out_queue(link).room(_ROOM)

        parameters, files, journal = recording.parameters(), VirtualFiles(), NoJournal()
        files.mount("@PARAM", ParameterFiles(parameters, journal))
        folder = _LogFolder(recording.path)
        files.mount("@MAV_LOG", folder)
        logs = LogService(
            _TheLog(folder, recording.facts.boot_us), room=room, first=recording.firmware.habits.first_log
        )
        for service in (
            player,
            RecordedCommands(player),
            RecordedPlans(player),
            ParameterService(parameters, journal, room=room, firmware=recording.firmware),
            FtpService(files, room=room),
            logs,
        ):
            endpoint.add_service(service)


class ShownRecordings(QuietNode):
    """Node of recordings on the links of `network`, each with its own time."""

    now_ms = 0

    def __init__(self, shown: Sequence[ShownRecording]) -> None:
        self.shown = tuple(shown)
        self.network = Network([recording.endpoint for recording in shown])
        self.endpoints: tuple[LinkOwner, ...] = (self.network,)

    @property
    def over(self) -> bool:
        """True when all messages are sent."""
        return all(recording.player.over for recording in self.shown)

    def next_link_deadline_ms(self) -> int | None:
        """Return the link time of the next message, ms."""
        return earliest(recording.endpoint.next_deadlines()[0] for recording in self.shown)

    def serve_links(self, link_ms: int) -> None:
        """Let the services send what is due."""
        for recording in self.shown:
            recording.endpoint.handle_timeouts(link_ms, 0)
