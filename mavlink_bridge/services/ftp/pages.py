"""Pages: files that are made when they are opened (`@SYS/links.json`, parameter metadata)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mavlink_bridge.services.ftp.files import Entry, FileRefusedError, MemoryFile, OpenFile
from mavlink_bridge.services.ftp.wire import Nak


class Pages:
    """A `Mount` with one level. Each page's function gives its content at the moment of opening."""

    def __init__(self, pages: Mapping[str, Callable[[], bytes]]) -> None:
        self._pages = dict(pages)

    def add(self, name: str, page: Callable[[], bytes]) -> None:
        """One page more."""
        self._pages[name] = page

    def open(self, path: str, query: str) -> OpenFile:
        page = self._pages.get(path)
        if page is None:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return MemoryFile(page())

    def entries(self, path: str) -> Sequence[Entry]:
        """Sizes are those of this moment."""
        if path:
            raise FileRefusedError(Nak.FILE_NOT_FOUND)
        return [Entry(name, len(page())) for name, page in self._pages.items()]
