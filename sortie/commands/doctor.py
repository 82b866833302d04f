"""`sortie doctor`: firmware binaries of this machine, their versions, and what each can do. The files are read, not
run."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from typing import Final

from autopilot.interface.records import dataclass
from sitl.child import SitlError
from sitl.vehicles.frames import FRAMES
from sitl.ways_in import WAYS, WayIn
from sortie.config.errors import UserError
from sortie.config.given import GivenOptions
from sortie.config.options import EXAMINED, JSON

#: Frames that a body of ours can have, of kinds that have more than one.
_FRAMES: Final = {("ardupilot", "copter"): tuple(layout.name for layout in FRAMES.values())}


@dataclass(frozen=True, slots=True)
class FoundBinary:
    """Binary that flies `vehicle` (a word of --vehicle). `by`: what named it; `our_battery`: it uses that of our body,
    not its own; `missing`: why there is none."""

    vehicle: str
    binary: str = ""
    by: str = ""
    version: str = ""
    in_our_world: bool = False
    our_battery: bool = False
    frames: tuple[str, ...] = ()
    missing: str = ""

    def __str__(self) -> str:
        if not self.binary:
            return f"{self.vehicle:<20} none: {self.missing}"
        world = "only with its own simulator (it cannot use Sortie's)"
        if self.in_our_world:
            frames = f" ({', '.join(self.frames)})" if self.frames else ""
            model = "Sortie's" if self.our_battery else "its own"
            world = f"also with world=ours{frames}, with {model} battery model"
        return f"{self.vehicle:<20} {self.version or 'unknown version'}, {world}: {self.binary}, by {self.by}"


def doctor(given: GivenOptions) -> int:
    """List the binaries. Status 0, or 1 when the requested one is missing."""
    source = given[EXAMINED]
    if source is None:
        found = [look_for(way, kind, "") for way in WAYS.values() for kind in way.steps]
    elif source.kind in WAYS:
        found = [look_for(WAYS[source.kind], source.frame, source.target)]
    else:
        raise UserError("no firmware flies it", option="vehicle", given=str(source))
    print(json.dumps([asdict(binary) for binary in found]) if given[JSON] else "\n".join(map(str, found)))
    return 0 if source is None or found[0].binary else 1


def look_for(way: WayIn, kind: str, given: str) -> FoundBinary:
    """Find the binary that flies `kind`: `given`, else that of the environment, else that of the search path."""
    vehicle = f"{way.word}:{kind}"
    try:
        path = way.find(kind, given)
        content = path.read_bytes()
    except SitlError as error:
        return FoundBinary(vehicle, missing=str(error))
    except OSError as error:
        return FoundBinary(vehicle, missing=f"{path}: {error.strerror}")
    version = _version(way, content)
    if version and not version.lower().startswith(way.named(kind)):
        return FoundBinary(vehicle, missing=f"{path} is {version}, which flies no {kind}")
    by = "--vehicle" if given else way.variable if os.environ.get(way.variable) else "the search path"
    listens = way.listens in content
    frames = _FRAMES.get((way.word, kind), ()) if listens else ()
    feels = listens and way.feels is not None and way.feels in content
    return FoundBinary(vehicle, str(path), by, version, listens, feels, frames)


def _version(way: WayIn, content: bytes) -> str:
    """Return the longest text in the binary that names its version, or ""."""
    return max((text.decode() for text in re.findall(way.version, content)), key=len, default="")
