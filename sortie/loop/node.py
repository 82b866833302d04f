"""A loop as nodes of a runtime: the depot with its skimmer, and whoever watches the skimmer."""

from __future__ import annotations

import time

from mavlink_bridge.endpoint import Endpoint
from mavlink_bridge.links.hub import LinkOwner
from sortie.loop.journal import LoopJournal
from sortie.loop.space import SpaceLoop, encode
from sortie.loop.view import LoopView
from sortie.runtime.runtime import FOR_EVER_MS

SAVE_S = 1.0
"""Paced, the state is saved this often although nothing was decided."""


class LoopNode:
    """Depot and skimmer, and the link between them. What one step has decided is in the journal, with the state after
    it, before vehicle time moves on and before anything is sent: that is its commit."""

    def __init__(self, loop: SpaceLoop, journal: LoopJournal, view: LoopView, *, paced: bool) -> None:
        self.loop = loop
        self._journal = journal
        self._view = view
        self._paced = paced
        self._saved_s = time.monotonic()

    @property
    def now_ms(self) -> int:
        return self.loop.now_ms

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Links from outside lead to the skimmer, which `Watched` has."""
        return ()

    @property
    def look_every_ms(self) -> int:
        """Nothing happens between two deadlines."""
        return FOR_EVER_MS

    def next_vehicle_deadline_ms(self) -> int:
        due = self.loop.next_ms()
        return FOR_EVER_MS if due is None else due

    def next_link_deadline_ms(self) -> int | None:
        """Its own link is in memory: what falls due there is a deadline of the loop."""
        return None

    def advance(self, until_ms: int, link_ms: int | None = None) -> None:
        """One event, or to `until_ms` if that is earlier."""
        self.loop.step(None if until_ms >= FOR_EVER_MS else until_ms)

    def heard(self, endpoint: LinkOwner, link_ms: int) -> None:
        """It has no endpoint."""

    def serve_links(self, link_ms: int) -> None:
        """See `Watched`."""

    def commit(self, link_ms: int) -> None:
        if self.loop.decided or (self._paced and time.monotonic() - self._saved_s >= SAVE_S):
            self.save()
        self._view.refresh(self.loop)

    def save(self) -> None:
        """Decisions, sorties that have ended and the state now, all or nothing; then people are told."""
        loop = self.loop
        decisions, closed = loop.take_decisions(), loop.take_closed()
        self._journal.commit(
            decisions, closed, encode(loop.snapshot()), loop.now_ms, loop.levels(), loop.take_flights()
        )
        self._saved_s = time.monotonic()
        self._view.decided(decisions)
        for record in closed:
            self._view.closed(record.report())

    def load(self) -> None:
        self.loop.load()

    def beat(self) -> None:
        """Its HEARTBEATs are decisions, and wait for vehicle time."""


class Watched:
    """The skimmer's endpoints, where ground stations watch it and a flight controller speaks. `real`: link time is the
    wall's."""

    def __init__(self, loop: SpaceLoop, *, real: bool) -> None:
        self._loop = loop
        self._real = real

    @property
    def now_ms(self) -> int:
        return self._loop.node.now_ms

    @property
    def endpoints(self) -> tuple[LinkOwner, ...]:
        return self._loop.node.endpoints

    def next_link_deadline_ms(self) -> int | None:
        """In vehicle time, deadlines of its links are deadlines of the loop."""
        return self._loop.node.next_link_deadline_ms() if self._real else None

    def heard(self, endpoint: LinkOwner, link_ms: int) -> None:
        self._loop.node.heard(endpoint, link_ms)

    def serve_links(self, link_ms: int) -> None:
        """Both parties hear of it at this instant."""
        self._loop.hear()

    def commit(self, link_ms: int) -> None:
        """The loop's commit has it."""
