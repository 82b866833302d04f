"""Choice of the pace of `serve`, `demo` and `fly`: real time, or the clients of the vehicles (`--pace`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sortie.config.option import Option
from sortie.config.settings import Settings
from sortie.config.values import PaceBounds
from sortie.logs.run_log import tell, warn_first
from sortie.nodes.vehicle import VehicleService
from sortie.runtime.runtime import Runtime
from sortie.runtime.share import always

CLIENTS = "clients"
_BOUNDS: tuple[Option[float | None], ...] = (Settings.pace_lead, Settings.pace_limit, Settings.pace_quiet)


def is_real_time(settings: Settings) -> bool:
    return settings.pace != CLIENTS and settings.speedup in (None, 1.0)


def pace_pictures(settings: Settings, service: VehicleService) -> None:
    """Choose when a camera reports its pictures.

    A request for an unfinished picture is answered when it is written and delays nothing else. In real time, and with
    the pace of clients (where time waits, `begin_pace`), a picture is reported when written. At other speeds it is
    reported when taken, so that messages do not depend on the machine, until the first client speaks, whose timeouts
    are in real time.
    """
    if service.camera is None:
        return
    from sitl.camera.darkroom import darkroom  # for those who have a camera
    from sortie.nodes.camera_card import PictureReported

    darkroom().yields = settings.pace != CLIENTS
    promises = settings.pace != CLIENTS and not is_real_time(settings)
    service.camera.card.reported = PictureReported.TAKEN_UNTIL_HEARD if promises else PictureReported.WRITTEN


def pace_warnings(settings: Settings) -> list[str]:
    """Return warnings about pace options without effect."""
    if settings.pace == CLIENTS:
        return []
    given = settings.non_defaults()
    return [f"--{row.name} is ignored: it is for --pace {CLIENTS}" for row in _BOUNDS if row.key in given]


class FirstSaid:
    """Warnings for run.log. The first of a run is told the person too: a client that comes and goes has many."""

    def __init__(self, say: Callable[[str], None] = tell) -> None:
        self._say: Callable[[str], None] | None = say

    def warn(self, text: str) -> None:
        warn_first(text, self._say, "it happens again")
        self._say = None


def begin_pace(
    runtime: Runtime,
    settings: Settings,
    services: Iterable[VehicleService],
    default_speedup: float,
    *,
    running: bool,
    clock: Callable[[], int | None] | None = None,
) -> None:
    """Set the speed of a runtime, now and whenever a ground station sets SIM_SPEEDUP.

    At speed 0 without `--pace clients`, time runs ahead always if `running`, otherwise as `VehicleService.busy` says.
    With `--pace clients`, it runs as fast as clients follow, at most at --speedup and no faster than pictures are
    written. Without clients it runs as fast as possible if `running` or until a booting vehicle can be armed, otherwise
    in real time. Stalled uploads are then ended by vehicle time. `clock`: see `Pace`.
    """
    served = tuple(services)
    speedup = default_speedup if settings.speedup is None else settings.speedup
    ahead: Callable[[], bool] = always if running else lambda: any(service.busy for service in served)
    if settings.pace == CLIENTS:
        from sortie.runtime.client_pace import ClientPace  # with what looks at other processes
        from sortie.runtime.followers import Followers

        bounds = PaceBounds(settings.pace_lead, settings.pace_limit, settings.pace_quiet)
        clients = runtime.clients = ClientPace(Followers(bounds, FirstSaid().warn))
        clients.works.dues += [service.camera.unwritten_ms for service in served if service.camera is not None]
        for service in served:
            service.missions.count_vehicle_time()
        speedup = settings.speedup or 0.0
        if not running:
            ahead = lambda: clients.rule.any_client or _boot(served)
    runtime.set_speedup(speedup, ahead, clock)

    def changed(name: str, value: float) -> None:
        if name == "SIM_SPEEDUP" and value >= 0.0:  # below 0, ArduPilot keeps the speed
            runtime.set_speedup(value, ahead, clock)

    for service in served:
        service.parameters.listeners.append(changed)


def _boot(services: Iterable[VehicleService]) -> bool:
    return any(service.busy and not service.autopilot.facts.armed for service in services)
