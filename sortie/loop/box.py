"""The loop of a profile that flies a copter: `drone-box`. The copter is the whole service (autopilot, flight manager,
full simulation), the skimmer controller one more service on its endpoint, and the depot a MAVLink client of it over a
link in memory. Everything runs in the copter's vehicle time, from deadline to deadline.

A new process means a new copter: it stands on its dock, and a sortie that was under way is closed (`restart`).
"""

from __future__ import annotations

from autopilot.geo import GeoPoint
from autopilot.journal import MemoryJournal
from autopilot.mav import Cmd, MissionType
from autopilot.mission.items import MissionItem
from autopilot.vehicles.kinds import COPTER
from depot.messages import MissionPlan
from depot.names import Mode, Stage
from depot.pilot.body import SimulatedBody
from depot.pilot.claim import ModeClaim
from depot.pilot.pilot import Pilot
from depot.settings import BoxSettings, Profile
from depot.skimmer.guidance import Guidance, GuidanceMemory
from depot.wire import wire
from depot.wire.depot import DepotClient, flown_items
from depot.wire.skimmer import SkimmerService, serve_orders
from depot.world.copter import CopterMotion, Weather
from depot.world.pack import SimulatedPack
from depot.world.state import WorldState, new_state
from depot.world.world import World
from mavlink_bridge.clients.base import Target
from mavlink_bridge.endpoint import Endpoint
from sitl.vehicles.copter import SimulatedCopter
from sortie.loop.space import LINK_SEED, Snapshot, SpaceLoop
from sortie.nodes.build import VIRTUAL_EPOCH_US, build_service
from sortie.nodes.vehicle import Service
from sortie.runtime.node import Node
from sortie.storage.rows import StoredState

_STEP_MS = 1000
_PACK_V = 11.1


def _raise(error: Exception, where: str) -> None:
    raise error


def copter_parameters(profile: Profile) -> dict[str, float]:
    """What the box sets in its copter: its battery is FUEL_LOBES, watched by the skimmer controller alone."""
    box: BoxSettings = profile.box
    amp_hours = profile.skimmer.propellant_kg / _PACK_V
    return {
        "FM_COUNTDOWN": box.countdown_s, "WPNAV_SPEED": 100.0 * box.speed_mps, "SIM_BATT_CAP_AH": amp_hours,
        "BATT_CAPACITY": 1000.0 * amp_hours, "BATT_LOW_VOLT": 0.0, "SIM_WIND_DIR": box.wind_from_deg,
        "SIM_WIND_SPD": box.wind_mps,
    }  # fmt: skip


class BoxLoop(SpaceLoop):
    """See the module; driven like `SpaceLoop`."""

    service: Service
    pilot: Pilot

    # --- building -----------------------------------------------------------------------------------------------------
    def _make_guidance(self, profile: Profile, memory: GuidanceMemory) -> Guidance | None:
        return None

    def _make_world(self, profile: Profile, seed: int, state: WorldState | None) -> World:
        self._offset_ms = 0 if state is None else state.now_ms
        lat, lon, alt = profile.box.home
        # Another start is another copter: its noise is its own, as the link's losses are.
        copter = SimulatedCopter(GeoPoint(lat, lon, alt), profile.box.heading_deg, seed * LINK_SEED + self._offset_ms)
        service = self.service = build_service(
            COPTER.name, copter, MemoryJournal(), StoredState(), copter_parameters(profile), name=f"box {seed}",
            epoch_us=VIRTUAL_EPOCH_US, on_error=_raise,
        )  # fmt: skip
        body, claim = SimulatedBody(copter, profile.box), ModeClaim(service.autopilot)
        pilot = Pilot(service.autopilot, profile.box, body, claim, lambda: service.now_ms, self._offset_ms)
        self.pilot = pilot
        state = state or new_state(profile, seed)
        pack, weather = SimulatedPack(profile, state, pilot), Weather(profile, state, pilot)
        motion = CopterMotion(profile, state, pilot, pack, weather, watched=False)
        return World(profile, state, motion, mains_kg_s=profile.box.mains_kg_s)

    def _join(self) -> None:
        service = self.service
        self._craft_link = service.endpoint.open_link("depot")
        service.endpoint.add_service(
            SkimmerService(self.skimmer, service.autopilot.plans.mission, whole=False, offset_ms=self._offset_ms)
        )
        serve_orders(service.commands, self.skimmer, self._offset_ms)
        service.serve_links(self._link_ms())
        service.telemetry.open_link(self._craft_link, rates_hz={"*": 0.0}, fixed=True)  # its statuses are what it hears
        self._depot_end = Endpoint(wire.DEPOT_SYSTEM, wire.DEPOT_COMPONENT)
        self._depot_link = self._depot_end.open_link("skimmer")
        self._depot_end.add_service(DepotClient(self.depot, Target(service.endpoint.system_id), self._items))

    def _show_plan(self) -> None:
        plan, autopilot = self.depot.memory.plan, self.service.autopilot
        if plan is not None and not autopilot.plans.mission.total():
            autopilot.plans.replace(MissionType.MISSION, tuple(self._items(plan)))

    def _items(self, plan: MissionPlan) -> list[MissionItem]:
        """A plan as the copter flies it."""
        return flown_items(plan, photo_m=self.depot.profile.box.photo_m)

    def _link_ms(self) -> int:
        """Link time, which is vehicle time on a link in memory."""
        return self.service.now_ms

    def _restore(self, snapshot: Snapshot) -> None:
        """The copter stands on its dock, its skimmer knows what it has flown, and a broken sortie is closed."""
        before, depot, now_ms = snapshot.skimmer, self.depot.memory, self.now_ms
        broken = before.stage is not Stage.DOCKED or not depot.docked
        if self.world.state.destroyed and depot.ended_by is not None:
            return  # nobody is there
        self.world.stand_on_dock()
        self.world.set_mode(Mode.DOCKED)
        self.skimmer.stand_on_dock(now_ms)
        if broken and depot.ended_by is None:
            self.depot.restart(now_ms)

    def _waypoints(self) -> list[tuple[float, float, float]]:
        items = self.service.autopilot.plans.mission.items()
        return [(item.x, item.y, item.z) for item in items if item.command == Cmd.NAV_WAYPOINT]

    @property
    def node(self) -> Node:
        """The copter."""
        return self.service

    @property
    def link_ms(self) -> int:
        """Since the copter was switched on."""
        return self.service.now_ms

    def hear(self) -> None:
        """Something has come in on another link of the copter."""
        self.service.serve_links(self._link_ms())
        self._exchange()

    # --- time ---------------------------------------------------------------------------------------------------------
    def next_ms(self) -> int | None:
        """The instant of the next step."""
        due = self.service.next_vehicle_deadline_ms() + self._offset_ms
        return max(min(due, self._next_outside_ms(due)), self.now_ms)

    def _next_outside_ms(self, default: int) -> int:
        """The next thing that is not the copter's own: link, faults, depot, a look at where it is."""
        earliest = default
        link_due, depot_due = self._depot_end.next_deadlines()
        look_due = self.world.next_event_ms()
        for due in (self.link.next_delivery_ms(), self.faults.next_ms(self._now()), link_due, depot_due, look_due):
            if due is not None and due < earliest:
                earliest = due
        return earliest

    def load(self) -> None:
        self.service.load()

    def step(self, until_ms: int | None = None) -> None:
        """One pass of the copter, at most to what comes next or to `until_ms`; then both sides talk."""
        limit = self._next_outside_ms(self.now_ms + _STEP_MS)
        if until_ms is not None:
            limit = min(limit, until_ms)
        if limit - self._offset_ms > self.service.now_ms:
            self._advance(limit - self._offset_ms)
        self.world.follow()
        self._exchange()

    def _advance(self, until_ms: int) -> None:
        """One pass of the copter, in its own time."""
        self.service.advance(until_ms)

    def _exchange(self) -> None:
        """Everything that can happen at this instant, until nothing new happens. The copter has just looked at the time
        by itself; it looks again when something comes in or a fault strikes."""
        self.link.advance(self.now_ms)
        self._strike()
        look, depot_turn = self._struck, True
        while True:
            self._struck = False
            self._carry()
            if depot_turn or self.link.a.waiting:
                self._turn(self._depot_end, self._depot_link, self.link.a)
            self._craft_turn(look or self._struck)
            self._strike()
            look = depot_turn = self._struck
            if not (look or self.link.a.waiting or self.link.b.waiting):
                break

    def _craft_turn(self, look: bool) -> None:
        service, data = self.service, self.link.b.read()
        if self.world.state.destroyed:
            return
        if data:
            service.receive(self._craft_link, data, self._link_ms())
        elif look:
            service.serve_links(self._link_ms())
        self._carry()

    def _carry(self) -> None:
        """What the copter has to say is on its way."""
        data = self.service.endpoint.take_bytes(self._craft_link)
        if data and not self.world.state.destroyed:
            self.link.b.write(data)
