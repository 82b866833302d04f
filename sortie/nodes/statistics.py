"""Statistics of a running vehicle: links as JSON (`@SYS/links.json`, `sortie status --links`), and all values as a
snapshot in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).

The format needs a dozen lines, so no library is used. Names follow Prometheus' conventions: base units, counters end in
`_total`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

from autopilot.interface.records import dataclass
from mavlink_bridge.routing.endpoint import Endpoint
from sortie.metrics.load import Jitter
from sortie.nodes.computer import peak_memory_bytes
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.node import QuietNode

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LINK_COUNTERS = (
    ("frames_in", "link_received_frames_total", "MAVLink frames received."),
    ("frames_out", "link_sent_frames_total", "MAVLink frames queued for sending."),
    ("bytes_in", "link_received_bytes_total", "Bytes received."),
    ("bytes_out", "link_sent_bytes_total", "Bytes queued for sending."),
    ("errors", "link_bad_frames_total", "Frames with a wrong checksum or an unknown flag."),
    ("lost", "link_lost_frames_total", "Gaps in the sequence numbers received."),
    ("refused", "link_refused_frames_total", "Frames without the signature that the link asks for."),
    ("dropped", "link_dropped_frames_total", "Frames not queued because the link was full."),
)
EVERY_MS: Final = 1000
_OF_THE_PROCESS = ("process_", "loop_")
Sample = tuple[dict[str, str], float]
Family = tuple[str, str, str, tuple[Sample, ...]]
"""Name, kind, help text, samples."""


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """All values at one moment. Immutable, so any thread may read it."""

    families: tuple[Family, ...]

    def prometheus(self) -> str:
        return "".join(_family(*family) for family in self.families)


class Statistics:
    """Statistics of one vehicle. `jitter`: that of the runtime, or None."""

    def __init__(self, service: VehicleService, jitter: Jitter | None = None) -> None:
        self._service = service
        self._jitter = jitter
        self._worst_s = 0.0

    # --- link statistics ------------------------------------------------------------------------------------------
    def links(self) -> list[dict[str, Any]]:
        """Return the open links: number, name, whether unsigned frames are accepted, queue, counts; for a serial line
        to a controller also its utilisation."""
        return [
            {
                "link": link,
                **asdict(endpoint.statistics(link)),
                "queued": endpoint.out_queue(link).size,
                "trusted": endpoint.trusted(link),
                **self._service.lines.use(endpoint, link),
            }
            for endpoint in reversed(self._service.endpoints)
            for link in endpoint.links()
        ]

    def links_page(self) -> bytes:
        """Return `links.json`: the links, and the sums over all links so far."""
        totals = asdict(self._service.endpoint.totals())
        del totals["name"], totals["baud"]
        page = {"time_s": self._service.now_ms / 1000.0, "links": self.links(), "totals": totals}
        return json.dumps(page, separators=(",", ":")).encode()

    # --- Prometheus -----------------------------------------------------------------------------------------------
    def snapshot(self, *, read: bool = True) -> MetricsSnapshot:
        """Return all current values. `read`: the last snapshot was read; otherwise the worst delay is kept."""
        if self._jitter is not None:
            recent_s = self._jitter.take_recent()
            self._worst_s = recent_s if read else max(self._worst_s, recent_s)
        return MetricsSnapshot(
            tuple((name, kind, text, tuple(samples)) for name, kind, text, samples in self._families())
        )

    def _families(self) -> Iterable[tuple[str, str, str, list[Sample]]]:
        service, endpoint = self._service, self._service.endpoint
        links = self.links()
        totals = asdict(endpoint.totals())
        for key, name, text in _LINK_COUNTERS:
            labelled: list[Sample] = [({"link": str(link["link"]), "name": link["name"]}, link[key]) for link in links]
            yield name, "counter", text + " Open links.", labelled
            yield f"all_{name.replace('link_', 'links_')}", "counter", text + " All links so far.", [({}, totals[key])]
        queued: list[Sample] = [({"link": str(link["link"]), "name": link["name"]}, link["queued"]) for link in links]
        yield "link_queued_bytes", "gauge", "Bytes that wait to be sent.", queued
        skipped, repeats = service.telemetry.skipped, service.missions.repeats
        yield "links", "gauge", "Open links.", [({}, len(links))]
        yield "telemetry_skipped_total", "counter", "Times that a full link was passed over.", [({}, skipped)]
        yield "requests_repeated_total", "counter", "Requests that the service had to repeat.", [({}, repeats)]
        yield "service_errors_total", "counter", "Internal errors that were caught.", [({}, endpoint.service_errors)]
        yield "vehicle_time_seconds_total", "counter", "Vehicle time since boot.", [({}, service.now_ms / 1000.0)]
        yield "vehicle_armed", "gauge", "1 while armed.", [({}, int(service.autopilot.facts.armed))]
        yield "passes_total", "counter", "Passes of the service.", [({}, service.passes)]
        if self._jitter is not None:
            late = self._jitter
            yield "loop_late_turns_total", "counter", "Turns of the paced run loop.", [({}, late.count)]
            yield "loop_lateness_seconds_total", "counter", "How late they were, summed up.", [({}, late.total_s)]
            yield "loop_lateness_worst_seconds", "gauge", "Worst since the last reading.", [({}, self._worst_s)]
        yield "process_cpu_seconds_total", "counter", "Processor time.", [({}, time.process_time())]
        if (largest := peak_memory_bytes()) is not None:
            yield "process_peak_memory_bytes", "gauge", "Largest resident memory.", [({}, largest)]


class FleetStatistics:
    """Statistics of many vehicles, with a label `vehicle` for each sample; those of the process and loop once. `parts`:
    by label; the first has the loop's jitter."""

    def __init__(self, parts: Sequence[tuple[str, Statistics]]) -> None:
        self._parts = tuple(parts)

    def snapshot(self, *, read: bool = True) -> MetricsSnapshot:
        merged: dict[str, tuple[str, str, list[Sample]]] = {}
        for label, part in self._parts:
            for name, kind, text, samples in part.snapshot(read=read).families:
                if name.startswith(_OF_THE_PROCESS):
                    merged.setdefault(name, (kind, text, list(samples)))
                    continue
                known = merged.setdefault(name, (kind, text, []))
                known[2].extend(({"vehicle": label, **labels}, value) for labels, value in samples)
        return MetricsSnapshot(
            tuple((name, kind, text, tuple(samples)) for name, (kind, text, samples) in merged.items())
        )


class Board(QuietNode):
    """Newest snapshot for other threads, without a lock: a node that posts one of `statistics` every `EVERY_MS` of link
    time, the first at once.

    References are read and written atomically. The loop writes `posted`, readers write `taken`; a reader gets the old
    or the new snapshot, never a mixture.
    """

    now_ms = 0
    endpoints: tuple[Endpoint, ...] = ()

    def __init__(self, statistics: Statistics | FleetStatistics) -> None:
        self._statistics = statistics
        self._posted = statistics.snapshot()
        self._taken: MetricsSnapshot | None = None
        self._due_ms = 0

    def take(self) -> MetricsSnapshot:
        """Return the newest snapshot; from any thread. If the loop posts at the same time, it counts as unread: the
        worst delay is then reported twice, but never lost."""
        self._taken = self._posted
        return self._taken

    def next_link_deadline_ms(self) -> int | None:
        return self._due_ms

    def commit(self, link_ms: int) -> None:
        """Post a snapshot if it is due."""
        if link_ms >= self._due_ms:
            self._due_ms = link_ms + EVERY_MS
            self._posted = self._statistics.snapshot(read=self._taken is self._posted)


def _family(name: str, kind: str, text: str, samples: tuple[Sample, ...]) -> str:
    name = f"sortie_{name}"
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        lines.append(f"{name}{{{inside}}} {value:.15g}" if inside else f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
