"""The documentation as a site: it builds, no link leads nowhere, and its first hour is flown as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.site_pages import FLOWN, OUTSIDE, own_search
from tests.fakes.patience import PATIENCE_S
from tests.fakes.served import free_port

ROOT = Path(__file__).parents[2]
HOUR = [ROOT / "docs" / "first-hour" / f"{name}.md" for name in ("fly", "mission", "station", "test", "look")]
_FILE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.M | re.S)
_COMMANDS = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
WAIT = 'until sortie status --connect "tcp:127.0.0.1:$PORT" >/dev/null 2>&1; do sleep 0.2; done\n'


def test_the_first_hour_runs_as_it_is_written(tmp_path: Path) -> None:
    """All commands of the five pages, one after the other, in an empty folder with the files that they show; of the
    flights of the rehearsal one, for which no more processes are started."""
    script = ["set -eu\n"]
    for page in HOUR:
        text = page.read_text(encoding="utf-8")
        for name, content in _FILE.findall(text):
            (tmp_path / name).write_text(content, encoding="utf-8")
        for commands in _COMMANDS.findall(text):
            script.append(commands.replace("5770", "$PORT").replace("--flights 20", "--flights 1"))
            if commands.rstrip().endswith("&"):
                script.append(WAIT)  # a reader takes a moment, too
    assert len(script) > 9
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PORT": str(free_port()),
        "SORTIE_LINK": "tcpin:127.0.0.1:0",  # for the commands that name no link: the default one's port may be busy
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
    }
    done = subprocess.run(
        ["bash", "-m", "-c", "".join(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=10 * PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "GO:" in done.stdout
    assert "2 passed" in done.stdout
    assert {"again.html", "flight.kml", "pages"} <= {one.name for one in tmp_path.iterdir()}


def test_the_search_of_a_folder_asks_no_other_host() -> None:
    """The theme's script for it is another host's: ours stands in its place."""
    page = own_search(f"<head>{OUTSIDE}</head>")
    assert "//" not in page.replace("// A browser", "")
    assert "IFrameWorker" in page


def test_pictures_are_those_of_the_tests() -> None:
    """Each is kept by a test of the page from a flight of its own (SORTIE_TEST_ARTEFACTS), and stands on a page."""
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/sortie/web").glob("test_browser*.py"))
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert len(pictures) >= 5
    for picture in pictures:
        assert f'tmp_path, "{picture.stem}")' in tests
        assert f"(pictures/{picture.name})" in pages


def test_the_site_builds_with_every_link(tmp_path: Path) -> None:
    """Strict: a page in no menu, a link or anchor that is not there, is an error, which `--quiet` would hide. Nothing
    comes from elsewhere."""
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    built = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(built)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10 * PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    start = (built / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?://', start)
    for name in FLOWN:
        assert "<svg" in (built / "flights" / f"{name}.html").read_text(encoding="utf-8")
