"""Requests of a page, as it sends them: a kind for each, checked when it is read.

A request is a JSON object: `ask` names it, `id` comes back with the answer, `system` is the vehicle's.
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
Name = Annotated[str, Meta(min_length=1, max_length=16)]
LARGEST_PLAN: Final = 4 << 20
MOST_PLACES: Final = 200
"""Most places that are drawn on the map."""


class WebRequest(Struct, tag_field="ask", forbid_unknown_fields=True):
    """Fields that all requests have in common."""

    id: int
    system: Annotated[int, Meta(ge=1, le=255)]


class Arm(WebRequest, tag="arm"):
    """`force`: whatever the checks say, also in the air."""

    on: bool
    force: bool = False


class SetMode(WebRequest, tag="mode"):
    """`mode`: a name that the vehicle's firmware has."""

    mode: str


class Manager(WebRequest, tag="flight"):
    """GO and ABORT of the flight manager."""

    command: str


class TakeOffRequest(WebRequest, tag="takeoff"):
    height_m: Annotated[float, Meta(gt=0.0, le=10_000.0)]


class FlyTo(WebRequest, tag="fly_to"):
    """`height_m` above home."""

    lat: Latitude
    lon: Longitude
    height_m: Height


class LookAt(WebRequest, tag="look_at"):
    """Nose or camera to a place on the ground; without one ahead again."""

    lat: Latitude | None = None
    lon: Longitude | None = None


class OrbitRequest(WebRequest, tag="orbit"):
    """Circle around a place, `height_m` above home; where the firmware has DO_ORBIT."""

    lat: Latitude
    lon: Longitude
    height_m: Height
    radius_m: Annotated[float, Meta(gt=0.0, le=10_000.0)]


class PhotoRequest(WebRequest, tag="photo"):
    """A picture, now."""


class Draw(WebRequest, tag="draw"):
    """A plan that is drawn: through or around `places`; `apart_m`: between two lanes of a survey."""

    what: Literal["fence", "mission", "rally", "survey"]
    places: Annotated[list[tuple[Latitude, Longitude]], Meta(min_length=1, max_length=MOST_PLACES)]
    height_m: Height = 20.0
    apart_m: Annotated[float, Meta(ge=1.0, le=10_000.0)] = 20.0


class ChangeHeight(WebRequest, tag="height"):
    """Hold this height above home, here."""

    height_m: Height


class ChangeSpeed(WebRequest, tag="speed"):
    """Over ground."""

    speed_mps: Annotated[float, Meta(gt=0.0, le=200.0)]


class Turn(WebRequest, tag="heading"):
    """Turn the nose."""

    heading_deg: Annotated[float, Meta(ge=0.0, le=360.0)]


class Pause(WebRequest, tag="pause"):
    """Stop here; `StartRequest` goes on."""


class StartRequest(WebRequest, tag="start"):
    """Begin the mission, from the ground too, or go on with it."""


class UploadRequest(WebRequest, tag="upload"):
    """`text`: a plan file of any ground station; `name`: of the file."""

    name: str
    text: Annotated[str, Meta(max_length=LARGEST_PLAN)]


class Clear(WebRequest, tag="clear"):
    """Take mission, fence and rally points away."""


class Item(WebRequest, tag="item"):
    """Go on with this item."""

    seq: Annotated[int, Meta(ge=0, le=65535)]


class SetParameter(WebRequest, tag="set"):
    name: Name
    value: Float32
    type: int


class Fail(WebRequest, tag="fail"):
    """MAV_CMD_INJECT_FAILURE; `instance` 0: all."""

    unit: str
    type: str
    instance: Annotated[int, Meta(ge=0, le=255)] = 0


class PlanRequest(WebRequest, tag="plan"):
    """Mission, fence, rally points as the vehicle has them."""


class ParameterTable(WebRequest, tag="parameters"):
    """All, with what they mean."""


class FittingsRequest(WebRequest, tag="fitted"):
    """Names of what it is fitted with, as `--with` has them."""


class Simulator(WebRequest, tag="simulator"):
    """The values of `SIMULATOR` that it has."""


class ModesRequest(WebRequest, tag="modes"):
    """The names of the modes that it can be told."""


class History(WebRequest, tag="history"):
    """Request for the sampled history of a vehicle."""


AnyRequest = (
    Arm | SetMode | Manager | TakeOffRequest | FlyTo | LookAt | OrbitRequest | PhotoRequest | Draw | ChangeHeight
    | ChangeSpeed | Turn | Pause | StartRequest | UploadRequest | Clear | Item | SetParameter | Fail | PlanRequest
    | ParameterTable | FittingsRequest | Simulator | History | ModesRequest
)  # fmt: skip
_DECODER: Final[msgspec.json.Decoder[AnyRequest]] = msgspec.json.Decoder(AnyRequest)


def read_request(text: str | bytes) -> AnyRequest:
    """The request in a JSON text. msgspec.DecodeError says in one line why it is none."""
    return _DECODER.decode(text)
