"""A picture as a JPEG with place, time and lens as EXIF 2.32, and its attitude as XMP (names of Pix4D and DJI, for
photogrammetry), written by Pillow.

The same picture gives the same bytes with the same version of Pillow.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from math import degrees
from typing import Final

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from autopilot.interface.geo import GeoPoint
from autopilot.interface.mathematics import asin, atan2
from autopilot.interface.records import dataclass
from sitl.camera.rendering import F_NUMBER, CameraView, PictureScene, Quaternion, render, rotation

MAKER: Final = "Sortie"
MODEL: Final = "Simulated camera"
_TOP_LEFT: Final = 1  # Orientation: as it is stored
_ABOVE_SEA, _BELOW_SEA = b"\x00", b"\x01"
_FULL_FRAME_MM: Final = 36.0
_XMP: Final = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Camera="http://pix4d.com/camera/1.0"'
    ' xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"'
    ' Camera:Yaw="{yaw:.3f}" Camera:Pitch="{tilt:.3f}" Camera:Roll="{roll:.3f}"'
    ' drone-dji:GimbalYawDegree="{yaw:.3f}" drone-dji:GimbalPitchDegree="{pitch:.3f}"'
    ' drone-dji:GimbalRollDegree="{roll:.3f}" drone-dji:AbsoluteAltitude="{absolute:+.3f}"'
    ' drone-dji:RelativeAltitude="{relative:+.3f}"/></rdf:RDF></x:xmpmeta>'
)


@dataclass(frozen=True, slots=True)
class Picture:
    """Picture: its scene (`view`) and its data. `time_us`: UTC, us since 1970. `above_home_m`: height of the camera.
    `shutter_s` and `iso`: exposure. `quality`: of the JPEG, 1 to 95."""

    view: CameraView
    number: int
    time_us: int
    place: GeoPoint
    above_home_m: float
    shutter_s: float = 0.002
    iso: int = 100
    quality: int = 88


def angles(q: Quaternion) -> tuple[float, float, float]:
    """Roll, pitch, yaw (deg) in the order of a gimbal's joints: yaw, roll, pitch innermost. A camera that looks
    straight down has pitch -90, and the top of its picture points to `yaw`."""
    r = rotation(q)
    roll = asin(min(max(float(r[2, 1]), -1.0), 1.0))
    return degrees(roll), degrees(atan2(-r[2, 0], r[2, 2])), degrees(atan2(-r[0, 1], r[1, 1]))


def jpeg_of(picture: Picture, scene: PictureScene) -> bytes:
    stream = io.BytesIO()
    roll, pitch, yaw = angles(picture.view.attitude)
    xmp = _XMP.format(
        yaw=yaw, pitch=pitch, tilt=pitch + 90.0, roll=roll, absolute=picture.place.alt, relative=picture.above_home_m
    )
    image = render(picture.view, scene)
    image.save(stream, "JPEG", quality=picture.quality, exif=_exif(picture, yaw), xmp=xmp.encode())
    return stream.getvalue()


def _exif(picture: Picture, yaw: float) -> Image.Exif:
    exif = Image.Exif()
    lens, taken = picture.view.lens, datetime.fromtimestamp(picture.time_us // 1_000_000, UTC)
    written = taken.strftime("%Y:%m:%d %H:%M:%S")
    exif[Base.Make], exif[Base.Model], exif[Base.Orientation] = MAKER, MODEL, _TOP_LEFT
    exif[Base.DateTime] = written
    exif.get_ifd(IFD.Exif).update(
        {
            Base.ExposureTime: _ratio(picture.shutter_s, 1_000_000),
            Base.FNumber: _ratio(F_NUMBER, 10),
            Base.ISOSpeedRatings: picture.iso,
            Base.DateTimeOriginal: written,
            Base.OffsetTimeOriginal: "+00:00",
            Base.SubsecTimeOriginal: f"{picture.time_us % 1_000_000:06d}",
            Base.FocalLength: _ratio(lens.focal_mm, 1000),
            Base.FocalLengthIn35mmFilm: round(lens.focal_mm * _FULL_FRAME_MM / lens.sensor_width_mm),
            Base.ImageNumber: picture.number,
            Base.ExifImageWidth: picture.view.columns,
            Base.ExifImageHeight: picture.view.rows,
        }
    )
    exif.get_ifd(IFD.GPSInfo).update(_gps(picture, taken, yaw))
    return exif


def _gps(picture: Picture, taken: datetime, yaw: float) -> dict[int, object]:
    place = picture.place
    seconds = taken.second + picture.time_us % 1_000_000 / 1e6
    return {
        GPS.GPSVersionID: b"\x02\x03\x00\x00",
        GPS.GPSLatitudeRef: "S" if place.lat < 0.0 else "N",
        GPS.GPSLatitude: _sexagesimal(place.lat),
        GPS.GPSLongitudeRef: "W" if place.lon < 0.0 else "E",
        GPS.GPSLongitude: _sexagesimal(place.lon),
        GPS.GPSAltitudeRef: _BELOW_SEA if place.alt < 0.0 else _ABOVE_SEA,
        GPS.GPSAltitude: _ratio(abs(place.alt), 1000),
        GPS.GPSTimeStamp: (_ratio(taken.hour, 1), _ratio(taken.minute, 1), _ratio(seconds, 1000)),
        GPS.GPSDateStamp: taken.strftime("%Y:%m:%d"),
        GPS.GPSImgDirectionRef: "T",
        GPS.GPSImgDirection: _ratio(yaw % 360.0, 100),
        GPS.GPSMapDatum: "WGS-84",
    }


def _sexagesimal(angle_deg: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    """Degrees, minutes, seconds, with a resolution of 3 um."""
    whole = abs(angle_deg)
    minutes = (whole - int(whole)) * 60.0
    return _ratio(int(whole), 1), _ratio(int(minutes), 1), _ratio((minutes - int(minutes)) * 60.0, 10_000_000)


def _ratio(value: float, denominator: int) -> IFDRational:
    return IFDRational(round(value * denominator), denominator)
