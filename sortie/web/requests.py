"""Requests of the page: a class for each kind, checked when read.

A request is a JSON object: `ask` is its kind, `id` is repeated in the answer, `system` is the vehicle's id.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
Height = Annotated[float, Meta(ge=-1000.0, le=100_000.0)]
Float32 = Annotated[float, Meta(ge=-3.4028234e38, le=3.4028234e38)]
"""Value of a parameter."""
Name = Annotated[str, Meta(max_length=16, pattern="^[!-~]+$")]
"""Name of a parameter: ASCII, as a message has it."""
LARGEST_PLAN: Final = 4 << 20
MOST_PLACES: Final = 200
"""Most places that can be drawn on the map."""


class WebRequest(Struct, tag_field="ask", forbid_unknown_fields=True):
    id: int
    system: Annotated[int, Meta(ge=1, le=255)]


class Arm(WebRequest, tag="arm"):
    """Arm or disarm. `force`: ignore checks, also in the air."""

    on: bool
    force: bool = False


class SetMode(WebRequest, tag="mode"):
    """Change the mode. `mode`: a name of the vehicle's firmware."""

    mode: str


class Manager(WebRequest, tag="flight"):
    """Send GO or ABORT to the flight manager."""

    command: str


class TakeOffRequest(WebRequest, tag="takeoff"):
    height_m: Annotated[float, Meta(gt=0.0, le=10_000.0)]


class FlyTo(WebRequest, tag="fly_to"):
    """Fly to a place, `height_m` above home."""

    lat: Latitude
    lon: Longitude
    height_m: Height


class LookAt(WebRequest, tag="look_at"):
    """Point nose or camera to a place on the ground; without a place, ahead again."""

    lat: Latitude | None = None
    lon: Longitude | None = None


class OrbitRequest(WebRequest, tag="orbit"):
    """Circle around a place, `height_m` above home, if the firmware has DO_ORBIT."""

    lat: Latitude
    lon: Longitude
    height_m: Height
    radius_m: Annotated[float, Meta(gt=0.0, le=10_000.0)]


class PhotoRequest(WebRequest, tag="photo"):
    """Take a picture now."""


class Draw(WebRequest, tag="draw"):
    """Upload a drawn plan through or around `places`; `apart_m`: distance between the lanes of a survey."""

    what: Literal["fence", "mission", "rally", "survey"]
    places: Annotated[list[tuple[Latitude, Longitude]], Meta(min_length=1, max_length=MOST_PLACES)]
    height_m: Height = 20.0
    apart_m: Annotated[float, Meta(ge=1.0, le=10_000.0)] = 20.0


class ChangeHeight(WebRequest, tag="height"):
    """Change the height above home at the present place."""

    height_m: Height


class ChangeSpeed(WebRequest, tag="speed"):
    speed_mps: Annotated[float, Meta(gt=0.0, le=200.0)]


class Turn(WebRequest, tag="heading"):
    heading_deg: Annotated[float, Meta(ge=0.0, le=360.0)]


class Pause(WebRequest, tag="pause"):
    """Pause the mission; `StartRequest` continues it."""


class StartRequest(WebRequest, tag="start"):
    """Start the mission, also from the ground, or continue it."""


class UploadRequest(WebRequest, tag="upload"):
    """Upload `text`, a plan file of any ground station; `name`: of the file."""

    name: str
    text: Annotated[str, Meta(max_length=LARGEST_PLAN)]


class Clear(WebRequest, tag="clear"):
    """Delete mission, fence and rally points."""


class Item(WebRequest, tag="item"):
    """Continue the mission with this item."""

    seq: Annotated[int, Meta(ge=0, le=65535)]


class SetParameter(WebRequest, tag="set"):
    """Set a parameter; `type`: MAV_PARAM_TYPE."""

    name: Name
    value: Float32
    type: Annotated[int, Meta(ge=1, le=10)]


class Fail(WebRequest, tag="fail"):
    """Send MAV_CMD_INJECT_FAILURE; `instance` 0: all."""

    unit: str
    type: str
    instance: Annotated[int, Meta(ge=0, le=255)] = 0


class PlanRequest(WebRequest, tag="plan"):
    """Read mission, fence and rally points of the vehicle."""


class ParameterTable(WebRequest, tag="parameters"):
    """Read all parameters with descriptions."""


class FittingsRequest(WebRequest, tag="fitted"):
    """Read the vehicle's fittings, by the names of `--with`."""


class Simulator(WebRequest, tag="simulator"):
    """Read the values of `SIMULATOR` that the vehicle has."""


class ModesRequest(WebRequest, tag="modes"):
    """Read the names of modes that can be selected."""


class History(WebRequest, tag="history"):
    """Request the sampled history of a vehicle."""


AnyRequest = (
    Arm | SetMode | Manager | TakeOffRequest | FlyTo | LookAt | OrbitRequest | PhotoRequest | Draw | ChangeHeight
    | ChangeSpeed | Turn | Pause | StartRequest | UploadRequest | Clear | Item | SetParameter | Fail | PlanRequest
    | ParameterTable | FittingsRequest | Simulator | History | ModesRequest
)  # fmt: skip
_DECODER: Final[msgspec.json.Decoder[AnyRequest]] = msgspec.json.Decoder(AnyRequest)


class _Numbered(Struct):
    id: int | None = None


_NUMBERS: Final = msgspec.json.Decoder(_Numbered)


def read_request(text: str | bytes) -> AnyRequest:
    """Parse a request. msgspec.DecodeError describes a mistake in one line."""
    return _DECODER.decode(text)


def number_of_request(text: str | bytes) -> int | None:
    """Return the `id` of a request that cannot be carried out, for its answer; None without one."""
    try:
        return _NUMBERS.decode(text).id
    except (msgspec.DecodeError, RecursionError):
        return None
