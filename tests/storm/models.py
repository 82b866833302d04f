"""Ground stations as they were recorded and read in source (docs/reference/ground-stations.md, 1.2, and
docs/reference/ground-stations.md, 1.9): ids, patience, and habits that a vehicle has to get along with."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Patience:
    """A request is sent `sends` times in all, `ms` apart."""

    ms: int
    sends: int


@dataclass(frozen=True)
class Model:
    """`resends_items`: it sends its last item again when nothing follows; else it gives up after `item_silence_ms`.
    `float_items`: items travel as MISSION_ITEM. `in_one_breath`: CLEAR_ALL and COUNT, and after the last item
    MISSION_REQUEST_LIST, each without waiting for an answer. `streams`: (group, Hz) of REQUEST_DATA_STREAM.
    `files_first`: parameters by MAVFTP before the list."""

    name: str
    system: int = 255
    component: int = 190
    heartbeat: bool = True
    command: Patience = Patience(1500, 1)
    query: Patience = Patience(1200, 3)
    count: Patience = Patience(1500, 7)
    item: Patience = Patience(250, 7)
    item_silence_ms: int = 1500
    resends_items: bool = False
    set_param: Patience = Patience(1000, 3)
    float_items: bool = False
    in_one_breath: bool = False
    streams: tuple[tuple[int, int], ...] = ()
    files_first: bool = False


_QGC_STREAMS = ((1, 2), (2, 2), (3, 2), (6, 3), (10, 10), (11, 10), (12, 3))
_MP_STREAMS = ((2, 2), (6, 2), (10, 4), (11, 4), (12, 2), (1, 2), (3, 2))
QGC_5 = Model("QGC 5.0", streams=_QGC_STREAMS, files_first=True)
QGC_4 = Model("QGC 4.3", streams=_QGC_STREAMS, query=Patience(1500, 3))
MISSION_PLANNER = Model(
    "MP",
    command=Patience(2000, 4),
    query=Patience(2000, 4),
    count=Patience(700, 7),
    item=Patience(700, 7),
    item_silence_ms=2500,
    resends_items=True,
    set_param=Patience(700, 4),
    streams=_MP_STREAMS,
)
MAVPROXY = Model(
    "MAVProxy",
    component=230,
    command=Patience(1000, 1),
    query=Patience(2000, 5),
    count=Patience(1000, 5),
    item=Patience(1000, 5),
    item_silence_ms=5000,
    streams=((0, 4),),
    files_first=True,
)
_LONG = Patience(5000, 5)
RESCUER = replace(MAVPROXY, query=_LONG, count=_LONG, item=_LONG, item_silence_ms=20_000, set_param=_LONG)
"""Who looks after a real process when all is over: it may have to wait for a processor."""
MAVSDK = Model(
    "MAVSDK",
    system=245,
    command=Patience(500, 4),
    query=Patience(500, 4),
    count=Patience(500, 5),
    item=Patience(500, 5),
    item_silence_ms=500,
    resends_items=True,
    set_param=Patience(500, 4),
)
DRONEKIT = Model(
    "DroneKit",
    component=0,
    command=Patience(1000, 1),
    query=Patience(2000, 3),
    count=Patience(2000, 3),
    item=Patience(1000, 5),
    item_silence_ms=8000,
    set_param=Patience(1000, 4),
    float_items=True,
    in_one_breath=True,
    streams=((0, 4),),
)
STATIONS = (QGC_5, QGC_4, MISSION_PLANNER, MAVPROXY, MAVSDK, DRONEKIT)
BY_NAME = {model.name: model for model in STATIONS}
