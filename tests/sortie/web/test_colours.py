"""The colours of the map, as people see them whose eyes lack one kind of cone, and as text on their ground."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import sortie.web.page
from sortie.reports.page import STYLE

PAGE = Path(sortie.web.page.__file__).parent
EYES = {
    "trichromat": np.eye(3),
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanope": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
"""Machado, Oliveira, Fernandes 2009, severity 1, for linear RGB."""
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)
TOLD_APART = 10.0
"""CIE76; a difference of 2.3 is just noticeable side by side."""


def linear(colour):
    """Light of red, green and blue of #rrggbb."""
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255.0
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIE L*a*b* of light, under daylight."""
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (TO_XYZ @ np.clip(light, 0.0, 1.0)) / WHITE
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def palette(theme):
    """The colours of the vehicles of a theme."""
    listed = re.search(rf"{theme}: \[([^\]]+)\]", (PAGE / "map.js").read_text("utf-8"))
    assert listed is not None
    return re.findall(r"#[0-9a-f]{6}", listed.group(1))


def ground(theme):
    """What they are drawn on."""
    style = (PAGE / "style.css").read_text("utf-8")
    light, dark = re.findall(r"--map: *(#[0-9a-f]{6})", style)[:2]
    return {"light": light, "dark": dark}[theme]


def contrast(colour, other):
    """Ratio of WCAG 2.2 for two colours, #rgb or #rrggbb."""
    shades = [
        TO_XYZ[1] @ linear(each if len(each) == 7 else "#" + "".join(2 * c for c in each[1:]))
        for each in (colour, other)
    ]
    return (max(shades) + 0.05) / (min(shades) + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eye", EYES)
def test_vehicles_are_told_apart_by_any_eye(theme, eye):
    """Each colour from each other one, and from the ground below."""
    colours = palette(theme)
    assert len(colours) == 6
    seen = {colour: lab(np.asarray(EYES[eye]) @ linear(colour)) for colour in [*colours, ground(theme)]}
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > TOLD_APART, (one, other)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tracks_stand_out_from_the_ground(theme):
    """By three to one, as WCAG 2.2 asks of what is not text (1.4.11)."""
    for colour in palette(theme):
        assert contrast(colour, ground(theme)) >= 3.0, colour


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("words", ["ink", "soft", "bad", "look", "good"])
def test_words_of_a_report_stand_out_from_page_and_panel(theme, words):
    """By 4.5 to one, as WCAG 2.2 asks of text (1.4.3)."""
    colours = {name: re.findall(rf"--{name}: *(#[0-9a-f]{{3,6}})", STYLE) for name in (words, "ground", "panel")}
    for below in ("ground", "panel"):
        assert contrast(colours[words][theme], colours[below][theme]) >= 4.5, below
