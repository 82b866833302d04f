"""The process that renders pictures, so that no flight waits for them. It is a child that reads jobs from its standard
input, and writes a file or sends a video frame for each, one after the other. It runs at low priority where no one
waits for it (`yields`).

All cameras of a process share it. `prepare` starts it when a camera is used, or the first picture does. It ends when
its input ends, and on Linux with its parent, also while it starts or renders. It is a plain child and not
`multiprocessing`, because that would import the parent's main program.

`python -m sitl.camera.darkroom PARENT` is the child; PARENT: process id.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from sitl.child import end_with_parent

if TYPE_CHECKING:
    from sitl.camera.jpeg import Picture
    from sitl.camera.rendering import PictureScene
    from sitl.camera.video import VideoFrame

_NICENESS: Final = 5
_YIELDS: Final = "--yields"
_DONE: Final = b"\n"


class Job:
    """A picture for a file, or a frame that is sent (no `path`). `error`: reason for a missing picture, once it is
    `done`."""

    def __init__(self, path: Path | None, scene: int, picture: Picture | VideoFrame) -> None:
        self.path = path
        self.scene = scene
        self.picture = picture
        self.error = ""
        self._done = threading.Event()

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the file; False if it is not there in this time."""
        return self._done.wait(seconds) and not self.error

    def end(self, error: str) -> None:
        """Note that the child has answered or has ended."""
        self.error = error
        self._done.set()


class Darkroom:
    """The parent's side of the process."""

    def __init__(self) -> None:
        self.yields = False
        """True if a flight in real time has priority over pictures. Otherwise vehicle time waits for pictures, and the
        child runs at normal priority."""
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._scenes: list[PictureScene] = []
        self._thread: threading.Thread | None = None

    def add_scene(self, scene: PictureScene) -> int:
        """Add a camera's surroundings, which are sent with its first picture; returns their number."""
        self._scenes.append(scene)
        return len(self._scenes) - 1

    def develop(self, path: Path, scene: int, picture: Picture) -> Job:
        """Write this picture to a file. Returns at once."""
        return self._take(Job(path, scene, picture))

    def send(self, scene: int, frame: VideoFrame) -> Job:
        """Send this frame of a video. Returns at once."""
        return self._take(Job(None, scene, frame))

    def _take(self, job: Job) -> Job:
        self._jobs.put(job)
        self._begin()
        return job

    def prepare(self) -> None:
        """Start the process, because a picture may be needed soon and the start takes up to seconds on a busy
        machine."""
        if self._thread is None:
            self._jobs.put(None)
            self._begin()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="darkroom", daemon=True)
            self._thread.start()

    def drop(self) -> None:
        """End all waiting, because the program ends. Jobs that have not begun are dropped."""
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job.end("the program has ended")

    def _work(self) -> None:
        child: subprocess.Popen[bytes] | None = None
        known: set[int] = set()
        while True:
            job = self._jobs.get()
            try:
                if child is None or child.poll() is not None:
                    child, known = _start(yields=self.yields), set()
                if job is None:
                    continue
                scene = None if job.scene in known else self._scenes[job.scene]
                job.end(_ask(child, (job.path, job.scene, scene, job.picture)))
                known.add(job.scene)
            except OSError as problem:
                if child is not None:
                    child.kill()
                    child.wait()
                child = None
                if job is not None:
                    job.end(problem.strerror or str(problem))


def _start(*, yields: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sitl.camera.darkroom", str(os.getpid()), *([_YIELDS] if yields else [])]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ask(child: subprocess.Popen[bytes], job: object) -> str:
    """Error of the child, "" if none. OSError if the child has ended."""
    assert child.stdin is not None
    assert child.stdout is not None
    pickle.dump(job, child.stdin, pickle.HIGHEST_PROTOCOL)
    child.stdin.flush()
    answer = child.stdout.readline()
    if not answer:
        raise ChildProcessError("the picture process has ended")
    return answer.decode(errors="replace").strip()


@cache
def darkroom() -> Darkroom:
    """The shared darkroom of this process."""
    return Darkroom()


def develop_all(jobs: IO[bytes], answer: Callable[[bytes], object]) -> None:
    """Run the child's loop until its input ends."""
    from sitl.camera.jpeg import jpeg_of
    from sitl.camera.video import Screens

    scenes: dict[int, PictureScene] = {}
    screens = Screens()
    while True:
        try:
            path, number, scene, picture = pickle.load(jobs)
        except EOFError:
            return
        if scene is not None:
            scenes[number] = scene
        try:
            if path is None:
                screens.show(picture, scenes[number])
            else:
                _write(path, jpeg_of(picture, scenes[number]))
        except OSError as problem:
            answer((problem.strerror or type(problem).__name__).encode() + _DONE)
        else:
            answer(_DONE)


def _write(path: Path, content: bytes) -> None:
    """Write the whole file or nothing."""
    part = path.with_suffix(".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def main() -> None:
    """Run the child. Ctrl-C is left to the parent."""
    end_with_parent(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32" and _YIELDS in sys.argv:
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
    with contextlib.suppress(BrokenPipeError):  # the parent ended while it waited for a picture
        develop_all(sys.stdin.buffer, lambda line: os.write(sys.stdout.fileno(), line))


if __name__ == "__main__":
    main()
