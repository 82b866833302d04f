"""A page's watch on a vehicle of a `Session`, in virtual time: what a page asks, without a page."""

from __future__ import annotations

import json
from typing import Any

from autopilot.interface.geo import GeoPoint
from mavlink_bridge.routing.endpoint import Endpoint
from sortie import Session
from sortie.nodes.client import COMPONENT, SYSTEM
from sortie.web.questions import Answer
from sortie.web.requests import read_request
from sortie.web.traffic import Traffic
from sortie.web.watch import VehicleWatch

HOME = GeoPoint(47.3769, 8.5417, 408.0)


class Watched:
    """`control`: may the page act?"""

    def __init__(self, session: Session, *, control: bool = True) -> None:
        self.session = session
        self.link = session.connect()
        self.traffic = Traffic(lambda: self.now_ms)
        self.watch = VehicleWatch(self.traffic, control=control)
        self.endpoint = Endpoint(SYSTEM, COMPONENT, on_frame=self.traffic.hear)
        self.endpoint.add_service(self.watch.clients)
        self.endpoint.add_service(self.watch)
        self.number = self.endpoint.open_link("memory")

    @property
    def now_ms(self) -> int:
        return round(self.session.time_s * 1000.0)

    def exchange(self) -> None:
        """What waits on both sides is carried, until nobody has anything to say."""
        while True:
            self.endpoint.handle_timeouts(self.now_ms, 0)
            out = self.endpoint.take_bytes(self.number)
            if out:
                self.link.write(out)
            came = self.link.read()
            if came:
                self.endpoint.receive(self.number, came, self.now_ms, 0)
            if not out and not came:
                return

    def run(self, seconds: float, step_s: float = 0.25) -> None:
        """Let time pass, as the page lives."""
        for _ in range(round(seconds / step_s)):
            self.session.run_for(step_s)
            self.exchange()

    def until(self, holds: Any, most_s: float = 300.0) -> None:
        """Until `holds(facts)` of vehicle 1."""
        for _ in range(round(most_s / 0.25)):
            if holds(self.facts()):
                return
            self.run(0.25)
        raise AssertionError(self.facts())

    def facts(self, system: int = 1) -> dict[str, Any]:
        """Of a vehicle, as they go to a page."""
        return json.loads(json.dumps(self.watch.vehicles[system].facts(self.now_ms)))

    def ask(self, ask: str, *, most_s: float = 60.0, system: int = 1, **more: Any) -> Answer:
        """Ask as a page does, and wait for the answer."""
        answers: list[Answer] = []
        request = read_request(json.dumps({"ask": ask, "id": 1, "system": system, **more}))
        self.watch.ask(request, answers.append, self.now_ms)
        for _ in range(round(most_s / 0.25)):
            self.exchange()
            if answers:
                return answers[0]
            self.run(0.25)
        raise AssertionError(f"{ask}: no answer in {most_s} s")
