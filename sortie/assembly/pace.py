"""Choice of the pace of `serve`, `demo` and `fly`: real time, or the clients of the vehicles (`--pace`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sortie.config.option import Option
from sortie.config.settings import Settings
from sortie.config.values import PaceBounds
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always

CLIENTS = "clients"
_BOUNDS: tuple[Option[float | None], ...] = (Settings.pace_lead, Settings.pace_limit, Settings.pace_quiet)


def is_real_time(settings: Settings) -> bool:
    """True when vehicle time keeps step with the wall."""
    return settings.pace != CLIENTS and settings.speedup in (None, 1.0)


def pace_pictures(settings: Settings, service: VehicleService) -> None:
    """A camera's pictures do not hold up others: who asks for one too early is answered when it is there. In real time
    it is told of when it is there, and paced by clients, where time waits for it (`begin_pace`); at other speeds as
    soon as it is taken, so that what is told does not depend on the machine, but only until somebody speaks: his
    patience is measured by the wall."""
    if service.camera is None:
        return
    from sitl.camera.darkroom import darkroom  # for those who have a camera
    from sortie.nodes.camera_card import PictureTold

    darkroom().yields = settings.pace != CLIENTS
    promises = settings.pace != CLIENTS and not is_real_time(settings)
    service.camera.card.told = PictureTold.TAKEN_UNTIL_HEARD if promises else PictureTold.WRITTEN


def pace_warnings(settings: Settings) -> list[str]:
    """Warnings about bounds that no option uses."""
    if settings.pace == CLIENTS:
        return []
    said = settings.said()
    return [f"--{row.name} is ignored: it is for --pace {CLIENTS}" for row in _BOUNDS if row.key in said]


def begin_pace(
    runtime: Runtime,
    settings: Settings,
    services: Iterable[VehicleService],
    default_speedup: float,
    *,
    running: bool,
    clock: Callable[[], int | None] | None = None,
) -> None:
    """Set the speed of a runtime, now and whenever a ground station sets a vehicle's SIM_SPEEDUP. Paced by the wall at
    speed 0 it runs ahead all the time when `running`, else as `VehicleService.busy` says. Paced by clients it goes as
    fast as they follow, at most at --speedup; while nobody is there as fast as it can when `running` or until a vehicle
    that boots can be armed, else in real time; and no faster than pictures are written. Uploads that stall are then
    given up by vehicle time. `clock`: see `Pace`."""
    served = tuple(services)
    speedup = default_speedup if settings.speedup is None else settings.speedup
    ahead: Callable[[], bool] = always if running else lambda: any(service.busy for service in served)
    if settings.pace == CLIENTS:
        from sortie.runtime.client_pace import ClientPace  # with what looks at other processes
        from sortie.runtime.followers import Followers

        bounds = PaceBounds(settings.pace_lead, settings.pace_limit, settings.pace_quiet)
        clients = runtime.clients = ClientPace(Followers(bounds))
        clients.works.dues += [service.camera.unwritten_ms for service in served if service.camera is not None]
        for service in served:
            service.missions.count_vehicle_time()
        speedup = settings.speedup or 0.0
        if not running:
            ahead = lambda: clients.rule.anybody or _boot(served)
    runtime.set_speedup(speedup, ahead, clock)

    def changed(name: str, value: float) -> None:
        if name == "SIM_SPEEDUP":
            runtime.set_speedup(value, ahead, clock)

    for service in served:
        service.parameters.listeners.append(changed)


def _boot(services: Iterable[VehicleService]) -> bool:
    """True when a vehicle is on its way to be armed for the first time."""
    return any(service.busy and not service.autopilot.facts.armed for service in services)
