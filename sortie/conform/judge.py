"""Connection of an examination to a vehicle: over a link, optionally with a radio model, or in memory to a simulated
vehicle in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from mavlink_bridge.links.hub import LinkOwner
from mavlink_bridge.links.radio.model import RadioLink
from mavlink_bridge.links.radio.profile import RadioProfile
from sortie.api.begin import assembled
from sortie.config.errors import UserError
from sortie.config.vehicle_spec import VehicleSpec
from sortie.conform.examination import Examination
from sortie.nodes.modem import Outlet, medium_of, open_through_radio
from sortie.runtime.node import QuietNode
from sortie.runtime.runtime import Runtime
from sortie.runtime.wire import EndpointPlug, Wire

_RADIO_M: Final = 100.0
"""Distance of the antennas if the vehicle's place is unknown, m."""
_PUT_BACK_S: Final = 60.0
_BOOTED_MS: Final = 12_000
"""Time by which a simulated vehicle has a position, ms."""


class ExaminerNode(QuietNode):
    """Node with an examination, and the links to the vehicle."""

    def __init__(self, examination: Examination, now_ms: Callable[[], int] = lambda: 0, begin_ms: int = 0) -> None:
        self.examination = examination
        self.outlet = Outlet()
        self.endpoints: tuple[LinkOwner, ...] = (self.outlet,)
        self._now_ms = now_ms
        self._begin_ms = begin_ms

    @property
    def now_ms(self) -> int:
        """Vehicle time, for a vehicle in this process, ms."""
        return self._now_ms()

    def next_link_deadline_ms(self) -> int | None:
        due_ms = self.examination.next_deadline_ms()
        return due_ms if due_ms is None else max(due_ms, self._begin_ms)

    def serve_links(self, link_ms: int) -> None:
        data = b"".join(self.outlet.heard)
        self.outlet.heard.clear()
        if data:
            self.examination.receive(data, link_ms)
        if link_ms >= self._begin_ms:
            self.examination.handle_timeout(link_ms)
        sent = self.examination.take()
        if sent:
            self.outlet.send(sent)


def judge_simulated(
    spec: VehicleSpec, examination: Examination, *, radio: RadioProfile | None = None, loss: float = 0.0
) -> None:
    """Judge a simulated vehicle, in memory and virtual time; its seed determines losses of the link."""
    with ExitStack() as stack:
        vehicles = assembled([spec], stack, state_dir=None, log_dir=None, signing_key=None)
        member = vehicles.members[0]
        runtime, vehicle = member.runtime, member.node
        medium = medium_of(radio, spec.seed, spec.home, member.quiet.vehicle, loss, 0)
        node = ExaminerNode(examination, lambda: vehicle.now_ms, _BOOTED_MS)
        runtime.add(node)
        plug = EndpointPlug(vehicle, member.ends.endpoint, "conform", radio=radio)
        runtime.connect(Wire(medium, plug, EndpointPlug(node, node.outlet, "vehicle")))
        _run(runtime, node)


def judge_link(url: str, examination: Examination, *, radio: RadioProfile | None = None, seed: int = 0) -> None:
    """Judge the vehicle at `url`, optionally through a radio model. Ctrl-C ends after restoring. UserError when the
    link cannot be opened, or has no vehicle."""
    runtime = Runtime()
    node = ExaminerNode(examination)
    try:
        if radio is None:
            runtime.open(node.outlet, url)
        else:
            open_through_radio(runtime, node, node.outlet, url, RadioLink(radio, seed, lambda: _RADIO_M))
        runtime.add(node)

        def hold() -> bool:
            examination.interrupt(runtime.link_ms)
            runtime.look()
            return not examination.done

        runtime.install_signals(hold)
        _run(runtime, node)
        if examination.found.system == 0 and not examination.interrupted and not _is_connected(runtime):
            raise UserError(f"no connection to {url}; is the vehicle running?", 1)
    finally:
        runtime.close()


def _is_connected(runtime: Runtime) -> bool:
    sockets = runtime.sockets
    return sockets is not None and any(link.connected for hub in sockets.hubs() for link in hub.links().values())


def _run(runtime: Runtime, node: ExaminerNode) -> None:
    """Run to the end. A signal restores first, a second one does not."""
    examination = node.examination
    runtime.settle()

    try:
        ended = runtime.run(lambda: examination.done)
    except KeyboardInterrupt:  # in virtual time, signals are exceptions
        examination.interrupt(runtime.link_ms)
        ended = True
        runtime.run(lambda: examination.done, patience_s=_PUT_BACK_S)
    if not ended:
        examination.interrupt(runtime.link_ms)
