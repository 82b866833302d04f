"""What the documentation's site has that does not stand in docs/: README as its first page, CONTRIBUTING and CHANGELOG,
and pages of flights that are flown while it is built. Links to files of the repository become their names.

A module of hooks of mkdocs (`mkdocs.yml`): it calls the functions by their names.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
ADDED = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
FLOWN = {"square": "examples/square.waypoints", "survey": "examples/survey.plan"}
"""Pages under flights/, and the plans that are flown for them."""
OUTSIDE = '<script src="https://unpkg.com/iframe-worker/shim"></script>'
"""With which the theme's offline search asks another host; ours is scripts/site_search.js."""
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside docs/."""
    from mkdocs.structure.files import File

    for source, name in ADDED.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    for name, plan in FLOWN.items():
        files.append(File.generated(config, f"flights/{name}.html", content=flown_page(ROOT / plan)))
    return files


def flown_page(plan: Path) -> str:
    """The report of a flight of this plan in the simulator, flown now."""
    from sortie.commands.cli import run

    with TemporaryDirectory(prefix="sortie-site-") as folder:
        options = ("--speedup", "0", "--state-dir", folder, "--report", f"{folder}/pages")
        status = run(["fly", str(plan), *options, "--link", "tcpin:127.0.0.1:0"])
        if status != 0:
            raise RuntimeError(f"{plan}: the flight ended with status {status}")
        (page,) = Path(folder, "pages").rglob("*.html")
        return page.read_text(encoding="utf-8")


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """The search works from a folder, and asks nobody for it."""
    return own_search(output)


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """Also on the page of what is not found."""
    return own_search(output_content)


def own_search(page: str) -> str:
    """The page with the script of ours in place of another host's."""
    script = (ROOT / "scripts" / "site_search.js").read_text(encoding="utf-8")
    return page.replace(OUTSIDE, f"<script>\n{script}</script>")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as the site needs them; what stands in a fence stays."""
    place = next((source for source, name in ADDED.items() if name == page.file.src_uri), f"docs/{page.file.src_uri}")
    parts, at = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [_relinked(markdown[at : fence.start()], place, page.file.src_uri, files), fence.group()]
        at = fence.end()
    return "".join([*parts, _relinked(markdown[at:], place, page.file.src_uri, files)])


def _relinked(text: str, place: str, uri: str, files: Files) -> str:
    """`place`: where the page stands in the repository; `uri`: where in the site."""

    def change(found: re.Match[str]) -> str:
        words, target = found.groups()
        if "://" in target or target.startswith(("#", "mailto:")):
            return found.group()
        path, _, anchor = target.partition("#")
        source = posixpath.normpath(posixpath.join(posixpath.dirname(place), path))
        name = ADDED.get(source, source.removeprefix("docs/") if source.startswith("docs/") else "")
        if name and (ROOT / source).is_dir():
            name = f"{name}/seeds.md"
        if not name or files.get_file_from_path(name) is None:
            if not (ROOT / source).exists():
                raise ValueError(f"{place}: a link to {source}, which is not there")
            return words if words.startswith("`") else f"{words} (`{source}`)"
        way = os.path.relpath(name, posixpath.dirname(uri) or ".").replace(os.sep, "/")
        return f"[{words}]({way}{'#' + anchor if anchor else ''})"

    return _LINK.sub(change, text)
