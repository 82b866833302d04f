"""The page's modules in Node, without a browser: what of them needs no document."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.patience import PATIENCE_S

PAGE = Path(__file__).parents[2] / "sortie" / "web" / "page"


def of_page(module: str, names: str, expression: str) -> Any:
    """The value of an expression on these names of a module; skips the test where there is no Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on this machine")
    script = f"import {{ {names} }} from '{(PAGE / module).as_uri()}'; console.log(JSON.stringify({expression}));"
    words = [node, "--experimental-default-type=module", "--input-type=module", "--eval", script]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
