"""What the page's modules make of facts, in Node."""

from __future__ import annotations

import json

import pytest

from tests.fakes.page_modules import of_page


@pytest.mark.parametrize(("percent", "grade"), [(None, ""), (10, "bad"), (30, "look"), (90, "")])
def test_a_charge_that_nobody_measures_is_not_low(percent, grade):
    """null < 20 is true in JavaScript: a vehicle without a battery monitor was red, with an exclamation mark."""
    assert of_page("card.js", "charge", f"charge({{ battery_percent: {json.dumps(percent)} }})") == grade
