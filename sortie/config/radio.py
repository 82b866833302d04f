"""`--radio [LINK=]NAME|FILE`: radios of links, by the name of a profile or by a TOML file.

A file changes values of the profile that it names with `like` (`EXAMPLE`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from mavlink_bridge.links.radio.profile import (
    BurstLosses,
    Duplex,
    LinkBudget,
    ModemReports,
    RadioLane,
    RadioProfile,
    Tdm,
)
from mavlink_bridge.links.radio.profiles import PROFILES
from sortie.config.errors import UserError, nearest
from sortie.config.files import named_path, text_of
from sortie.config.tables import converted

EXAMPLE: Final = """\
like = "sik-57600"          # what is not said here
fifo = 1850                 # bytes
air_kbps = 64               # of a SiK: its rounds follow from it
golay = true
# bytes_per_s = 2000.0      # of any other: both ways
latency_ms = 0.0
jitter_ms = 0.0
# high_latency = true       # it carries HIGH_LATENCY2 and answers alone
losses = { good = 0.005, bad = 0.6, good_ms = 8000.0, bad_ms = 150.0 }
budget = { power_dbm = 20.0, sensitivity_dbm = -108.0, noise_dbm = -118.0 }
"""

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Span = Annotated[float, Meta(ge=0.0, le=600_000.0)]
Level = Annotated[float, Meta(ge=-200.0, le=100.0)]


class LossesFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `BurstLosses`."""

    good: Share | None = None
    bad: Share | None = None
    good_ms: Annotated[float, Meta(ge=1.0, le=1e9)] | None = None
    bad_ms: Span | None = None


class BudgetFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields of `LinkBudget`. `mhz`: carrier frequency, MHz."""

    mhz: Annotated[float, Meta(ge=1.0, le=1e6)] | None = None
    power_dbm: Level | None = None
    sensitivity_dbm: Level | None = None
    noise_dbm: Level | None = None
    gain_dbi: Level | None = None
    fade_db: Annotated[float, Meta(ge=0.01, le=50.0)] | None = None


class RadioFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Contents of a file; see `EXAMPLE`. `fifo`: buffer, bytes. `baud`: bits/s of the serial line."""

    like: str = "sik-57600"
    fifo: Annotated[int, Meta(ge=300, le=16_777_216)] | None = None
    baud: Annotated[int, Meta(ge=300, le=20_000_000)] | None = None
    air_kbps: Annotated[int, Meta(ge=2, le=500)] | None = None
    golay: bool | None = None
    bytes_per_s: Annotated[float, Meta(ge=1.0, le=1e9)] | None = None
    latency_ms: Span | None = None
    jitter_ms: Span | None = None
    high_latency: bool | None = None
    losses: LossesFile | None = None
    budget: BudgetFile | None = None
    report: Literal["RADIO_STATUS", "RADIO"] | None = None


def radio_profile(text: str, where: str = "--radio", folder: Path | None = None) -> RadioProfile:
    """Return the profile of a name, or of a file in `folder` (None: working directory). UserError lists known names."""
    known = PROFILES.get(text)
    if known is not None:
        return known
    path = Path(text)
    if not (path.suffix or "/" in text):
        raise UserError(f"{where} {text}: no such radio{_near(text)}, or a file")
    if folder is not None:
        path = folder / named_path(text)
    from sortie.config.tables import parse_toml

    table = parse_toml(text_of(path, f"{where} {text}"), f"{where} {text}")
    return _of_file(table, path.stem, f"{where} {text}")


def _near(name: str) -> str:
    return f"{nearest(name, tuple(PROFILES))}; known are {', '.join(PROFILES)}"


def radio_of(given: str | RadioProfile | None, folder: Path | None = None) -> RadioProfile | None:
    """Return the profile that a Python program gives; a file is searched in `folder` or the working directory."""
    return radio_profile(given, "radio", folder) if isinstance(given, str) else given


def _of_file(file_table: dict[str, Any], name: str, where: str) -> RadioProfile:
    for table, form in (("", RadioFile), ("losses", LossesFile), ("budget", BudgetFile)):
        keys = file_table.get(table, {}) if table else file_table
        for key in keys if isinstance(keys, dict) else ():
            if key not in form.__struct_fields__:
                key_path = f"{table}.{key}" if table else key
                raise UserError(f"{where}: unknown key '{key_path}'{nearest(key, form.__struct_fields__)}")
    file = converted(file_table, RadioFile, where)
    base = PROFILES.get(file.like)
    if base is None:
        raise UserError(f"{where}: like = '{file.like}' is no radio{_near(file.like)}")
    plain = ("fifo", "baud", "latency_ms", "jitter_ms", "high_latency")
    changes: dict[str, Any] = {key: value for key in plain if (value := getattr(file, key)) is not None}
    changes["air"] = _air(base, file, where)
    if file.losses is not None:
        changes["losses"] = _over(base.losses, file.losses)
    if file.budget is not None:
        if base.budget is None:
            raise UserError(f"{where}: '{file.like}' has no power to change; leave out budget")
        changes["budget"] = _over(base.budget, file.budget)
    if file.report is not None:
        changes["reports"] = replace(base.reports or ModemReports(), message=file.report)
    return replace(
        base, name=name, title=f"{base.title}, as {name} says", source=f"a file, like {base.name}", **changes
    )


def _air(base: RadioProfile, file: RadioFile, where: str) -> Tdm | Duplex:
    if isinstance(base.air, Tdm):
        if file.bytes_per_s is not None:
            raise UserError(f"{where}: bytes_per_s follows from air_kbps for '{base.name}'; give that")
        kbps = base.air.air_kbps if file.air_kbps is None else file.air_kbps
        return Tdm(kbps, base.air.golay if file.golay is None else file.golay)
    if file.air_kbps is not None or file.golay is not None:
        raise UserError(f"{where}: air_kbps and golay are a SiK's; '{base.name}' takes bytes_per_s")
    if file.bytes_per_s is None:
        return base.air
    lane = RadioLane(base.air.down.largest, byte_us=1e6 / file.bytes_per_s)
    return Duplex(lane, lane)


def _over(base: BurstLosses | LinkBudget, file: LossesFile | BudgetFile) -> BurstLosses | LinkBudget:
    given = ((field.name, getattr(file, field.name, None)) for field in fields(base))
    return replace(base, **{key: value for key, value in given if value is not None})


def radios_of_links(given: Iterable[str], links: Iterable[str]) -> Mapping[str, RadioProfile]:
    """Return the profiles of links with a radio. `NAME` is for all links without one of their own, `LINK=NAME` for one.
    UserError for a second radio of either."""
    urls = tuple(links)
    found: dict[str, RadioProfile] = {}
    seen: set[str] = set()
    for text in given:
        url, equals, name = text.rpartition("=")
        if url in seen:
            raise UserError(f"--radio {text}: {f'link {url}' if equals else 'all links'} already got a radio")
        seen.add(url)
        if not equals:
            found.update(dict.fromkeys((link_url for link_url in urls if link_url not in found), radio_profile(text)))
        elif url not in urls:
            raise UserError(f"--radio {text}: there is no link {url}; the links are {', '.join(urls)}")
        else:
            found[url] = radio_profile(name)
    return found
