"""A disk in memory, on which SQLite works as on a file system: it may be full, fail, and lose at a crash what was not
synced, page by page.

Nothing of SQLite is replaced: the library that the product uses is given a file layer (a VFS), by ctypes, since the
standard library's module has no way to name one. docs/decisions/structure.md says why not another package.
"""

from __future__ import annotations

import _sqlite3
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from random import Random

SECTOR = 512
_OK, _IOERR, _CANTOPEN, _FULL = 0, 10, 14, 13
_SHORT_READ = _IOERR | (2 << 8)
_IOERR_WRITE, _IOERR_FSYNC = _IOERR | (3 << 8), _IOERR | (4 << 8)
_CREATE = 0x4
_NAME = b"storm"


@dataclass
class _File:
    """`data`: as the operating system shows it; `durable`: as the disk had it when it was last synced; `unsynced`:
    writes since then, (offset, bytes), and with None for bytes what was cut off behind the offset."""

    data: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    unsynced: list[tuple[int, bytes | None]] = field(default_factory=list)

    def write(self, offset: int, data: bytes | None) -> None:
        self.unsynced.append((offset, data))
        _apply(self.data, offset, data)

    def sync(self) -> None:
        """Only what was written is copied: a log of some MB is synced for each of its pages."""
        for offset, data in self.unsynced:
            _apply(self.durable, offset, data)
        self.unsynced.clear()

    def lose(self, content: bytearray) -> None:
        """`content` is what a loss of power left."""
        self.data, self.durable = content, bytearray(content)
        self.unsynced.clear()


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class Disk:
    """The disk of one process's state. `operations` counts writes and syncs; `dies_at`: the process is gone at the
    operation of this number (nothing more reaches the disk); `fails_at`: that operation fails, once; `full`: no file
    grows any more."""

    def __init__(self, seed: str) -> None:
        self.files: dict[str, _File] = {}
        self.operations = 0
        self.syncs = 0
        self.dies_at: int | None = None
        self.fails_at: int | None = None
        self.full = False
        self.dead = False
        self._random = Random(seed)
        self._salts = Random(f"salts {seed}")  # of its own: what a crash tears does not depend on who asked for salts

    def crash(self, *, power: bool) -> None:
        """The process is gone, and of what was not synced with the `power` any sector may be missing."""
        for file in self.files.values():
            if power:
                content = bytearray(file.durable)
                for offset, data in file.unsynced:
                    self._keep_some(content, offset, data)
                file.lose(content)
            file.sync()
        self.dead = False
        self.dies_at = self.fails_at = None

    def _keep_some(self, content: bytearray, offset: int, data: bytes | None) -> None:
        if data is None:
            if self._random.random() < 0.5:
                _apply(content, offset, None)
            return
        for at in range(0, len(data), SECTOR):
            if self._random.random() < 0.5:
                _apply(content, offset + at, data[at : at + SECTOR])

    def refuses(self) -> bool:
        """Count an operation; True: it does not happen."""
        if self.dead:
            return True
        self.operations += 1
        if self.operations == self.dies_at:
            self.dead = True
        elif self.operations == self.fails_at:
            self.fails_at = None
            return True
        return self.dead

    def random_bytes(self, count: int) -> bytes:
        """What SQLite salts its log with."""
        return self._salts.randbytes(count)


_mounted: dict[str, Disk] = {}
_open: dict[int, tuple[Disk, _File, str]] = {}
_shared: dict[str, list[ctypes.Array[ctypes.c_char]]] = {}
_P, _I, _L = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64


class _OpenFile(ctypes.Structure):
    _fields_ = (("methods", _P), ("number", _L))


def _disk(name: str) -> Disk:
    return _mounted[str(PurePath(name).parent)]


def _file(pointer: int) -> tuple[Disk, _File, str]:
    return _open[ctypes.cast(pointer, ctypes.POINTER(_OpenFile)).contents.number]


def _close(pointer: int) -> int:
    _open.pop(ctypes.cast(pointer, ctypes.POINTER(_OpenFile)).contents.number, None)
    return _OK


def _read(pointer: int, into: int, count: int, offset: int) -> int:
    _, file, _ = _file(pointer)
    found = bytes(file.data[offset : offset + count])
    ctypes.memmove(into, found.ljust(count, b"\0"), count)
    return _OK if len(found) == count else _SHORT_READ


def _write(pointer: int, source: int, count: int, offset: int) -> int:
    disk, file, _ = _file(pointer)
    if disk.refuses():
        return _IOERR_WRITE
    if disk.full and offset + count > len(file.data):
        return _FULL
    file.write(offset, ctypes.string_at(source, count))
    return _OK


def _truncate(pointer: int, size: int) -> int:
    disk, file, _ = _file(pointer)
    if disk.refuses():
        return _IOERR_WRITE
    file.write(size, None)
    return _OK


def _sync(pointer: int, flags: int) -> int:
    disk, file, _ = _file(pointer)
    if disk.refuses():
        return _IOERR_FSYNC
    disk.syncs += 1
    file.sync()
    return _OK


def _size(pointer: int, size: int) -> int:
    ctypes.cast(size, ctypes.POINTER(_L))[0] = len(_file(pointer)[1].data)
    return _OK


def _lock(pointer: int, level: int) -> int:
    return _OK


def _reserved(pointer: int, result: int) -> int:
    ctypes.cast(result, ctypes.POINTER(_I))[0] = 0
    return _OK


def _control(pointer: int, operation: int, argument: int) -> int:
    return 12  # SQLITE_NOTFOUND: SQLite then does what it does without


def _sector(pointer: int) -> int:
    return SECTOR


def _device(pointer: int) -> int:
    return 0


def _shm_map(pointer: int, page: int, size: int, extend: int, result: int) -> int:
    regions = _shared.setdefault(_file(pointer)[2], [])
    while len(regions) <= page and extend:
        regions.append(ctypes.create_string_buffer(size))
    there = ctypes.addressof(regions[page]) if page < len(regions) else None
    ctypes.cast(result, ctypes.POINTER(_P))[0] = there
    return _OK


def _shm_lock(pointer: int, offset: int, count: int, flags: int) -> int:
    return _OK


def _shm_barrier(pointer: int) -> None:
    return None


def _shm_unmap(pointer: int, delete: int) -> int:
    _shared.pop(_file(pointer)[2], None)
    return _OK


def _open_file(vfs: int, name: bytes, pointer: int, flags: int, out: int) -> int:
    opened = ctypes.cast(pointer, ctypes.POINTER(_OpenFile)).contents
    opened.methods = None
    path = name.decode() if name else f"temporary {len(_open)}"
    if str(PurePath(path).parent) not in _mounted:
        return _CANTOPEN
    disk = _disk(path)
    if path not in disk.files:
        if not flags & _CREATE or disk.dead:
            return _CANTOPEN
        disk.files[path] = _File()
    _open_file.number += 1  # type: ignore[attr-defined]
    opened.number = _open_file.number  # type: ignore[attr-defined]
    _open[opened.number] = disk, disk.files[path], path
    opened.methods = ctypes.addressof(_METHODS)
    if out:
        ctypes.cast(out, ctypes.POINTER(_I))[0] = flags
    return _OK


_open_file.number = 0  # type: ignore[attr-defined]


def _delete(vfs: int, name: bytes, sync: int) -> int:
    disk = _disk(name.decode())
    if disk.refuses():
        return _IOERR_WRITE
    disk.files.pop(name.decode(), None)
    return _OK


def _access(vfs: int, name: bytes, flags: int, result: int) -> int:
    ctypes.cast(result, ctypes.POINTER(_I))[0] = int(name.decode() in _disk(name.decode()).files)
    return _OK


def _full_name(vfs: int, name: bytes, size: int, out: int) -> int:
    ctypes.memmove(out, name + b"\0", len(name) + 1)
    return _OK


def _randomness(vfs: int, count: int, out: int) -> int:
    disk = next(reversed(_mounted.values()))
    ctypes.memmove(out, disk.random_bytes(count), count)
    return count


def _sleep(vfs: int, us: int) -> int:
    return us


def _time(vfs: int, out: int) -> int:
    ctypes.cast(out, ctypes.POINTER(ctypes.c_double))[0] = 2461042.0
    return _OK


def _error(vfs: int, count: int, out: int) -> int:
    return 0


_KEPT = []


def _of(function: object, result: object, *arguments: object) -> int:
    """The address of a C function that calls `function`; kept for ever."""
    made = ctypes.CFUNCTYPE(result, *arguments)(function)  # type: ignore[arg-type]
    _KEPT.append(made)
    return ctypes.cast(made, _P).value or 0


def _struct(*fields: tuple[str, object, object]) -> ctypes.Structure:
    kind = type("Table", (ctypes.Structure,), {"_fields_": [(name, of) for name, of, _ in fields]})
    return kind(*(value for _, _, value in fields))


_B = ctypes.c_char_p
_METHODS = _struct(
    ("version", _I, 2),
    ("close", _P, _of(_close, _I, _P)),
    ("read", _P, _of(_read, _I, _P, _P, _I, _L)),
    ("write", _P, _of(_write, _I, _P, _P, _I, _L)),
    ("truncate", _P, _of(_truncate, _I, _P, _L)),
    ("sync", _P, _of(_sync, _I, _P, _I)),
    ("size", _P, _of(_size, _I, _P, _P)),
    ("lock", _P, _of(_lock, _I, _P, _I)),
    ("unlock", _P, _of(_lock, _I, _P, _I)),
    ("reserved", _P, _of(_reserved, _I, _P, _P)),
    ("control", _P, _of(_control, _I, _P, _I, _P)),
    ("sector", _P, _of(_sector, _I, _P)),
    ("device", _P, _of(_device, _I, _P)),
    ("shm_map", _P, _of(_shm_map, _I, _P, _I, _I, _I, _P)),
    ("shm_lock", _P, _of(_shm_lock, _I, _P, _I, _I, _I)),
    ("shm_barrier", _P, _of(_shm_barrier, None, _P)),
    ("shm_unmap", _P, _of(_shm_unmap, _I, _P, _I)),
)
_VFS = _struct(
    ("version", _I, 1),
    ("file_size", _I, ctypes.sizeof(_OpenFile)),
    ("longest", _I, 1024),
    ("next", _P, None),
    ("name", _B, _NAME),
    ("data", _P, None),
    ("open", _P, _of(_open_file, _I, _P, _B, _P, _I, _P)),
    ("delete", _P, _of(_delete, _I, _P, _B, _I)),
    ("access", _P, _of(_access, _I, _P, _B, _I, _P)),
    ("full_name", _P, _of(_full_name, _I, _P, _B, _I, _P)),
    ("dl_open", _P, None),
    ("dl_error", _P, None),
    ("dl_sym", _P, None),
    ("dl_close", _P, None),
    ("randomness", _P, _of(_randomness, _I, _P, _I, _P)),
    ("sleep", _P, _of(_sleep, _I, _P, _I)),
    ("time", _P, _of(_time, _I, _P, _P)),
    ("error", _P, _of(_error, _I, _P, _I, _P)),
)
_SQLITE = ctypes.CDLL(_sqlite3.__file__)
_SQLITE.sqlite3_vfs_find.restype = _P
_SQLITE.sqlite3_vfs_find.argtypes = [_B]
_SQLITE.sqlite3_vfs_register.argtypes = [_P, _I]
_SQLITE.sqlite3_randomness.argtypes = [_I, _P]


@contextmanager
def mounted(directory: str, disk: Disk) -> Iterator[None]:
    """Within it, databases in `directory` lie on `disk`, and only such are opened. SQLite seeds its generator, one for
    the whole process, anew: a storm is the same alone and after others."""
    usual = _SQLITE.sqlite3_vfs_find(None)
    _mounted[directory] = disk
    _SQLITE.sqlite3_vfs_register(ctypes.addressof(_VFS), 1)
    _SQLITE.sqlite3_randomness(0, None)
    try:
        yield
    finally:
        _SQLITE.sqlite3_vfs_register(usual, 1)
        del _mounted[directory]
