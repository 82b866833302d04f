"""A box whose sortie takes a minute and a half, for tests with a controller, whose time is stepped through."""

from __future__ import annotations

from functools import cache

import msgspec

from depot.settings import Profile
from tests.fakes.box_run import hurried

_LAT, _LON = -35.363261, 149.165230


@cache
def short_box(battery: str = "reported") -> Profile:
    """drone-box with a pattern of some ten metres close to the pad, most of which are corners, and a dock that is
    quick."""
    profile = hurried(
        0.02, corridor_m=6.0, corridor_height_m=8.0, clear_m=4.0, battery=battery, photo_m=1.0, photo_kg=0.00625
    )
    replace = msgspec.structs.replace
    places = tuple((_LAT + north * 1e-5, _LON + east * 1e-5, 602.0) for north, east in ((20, 0), (30, 10), (30, -10)))
    plan = replace(
        profile.plan,
        prep_s=5.0,
        wait_s=3.0,
        outbound_s=20.0,
        return_s=20.0,
        dock_s=20.0,
        offload_s=30.0,
        review_s=1.0,
        waypoints=places,
        harvest_least=0.2,
    )
    skimmer = replace(profile.skimmer, eta_intake=0.25)
    return replace(profile, plan=plan, skimmer=skimmer)
