"""The process that develops pictures, so that no flight waits for one: a child that reads jobs from its standard input
and writes a file for each, or sends a frame of a video, one after the other: at a low priority where nobody waits for
it (`yields`).

All cameras of a process share it; it is started by `prepare`, when somebody turns to a camera, or with the first
picture, and ends when its input does: with its parent, however that ends. A plain child rather than
`multiprocessing`: that would import the parent's main program, which a script that only wanted to fly need not be
written for.

`python -m sitl.camera.darkroom` is the child.
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

if TYPE_CHECKING:
    from sitl.camera.jpeg import Picture
    from sitl.camera.rendering import PictureScene
    from sitl.camera.video import VideoFrame

_NICENESS: Final = 5
_YIELDS: Final = "--yields"
_DONE: Final = b"\n"


class Job:
    """A picture that is being developed for a file, or a frame that is sent (no `path`). `error`: why there is none,
    once it is `done`."""

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
        """Until its file is there; False when it is not, in this time."""
        return self._done.wait(seconds) and not self.error

    def end(self, error: str) -> None:
        """The child has answered, or is gone."""
        self.error = error
        self._done.set()


class Darkroom:
    """The parent's side of it. `on_error` hears why a picture could not be written."""

    def __init__(self) -> None:
        self.yields = False
        """True when a flight by the wall clock goes before the pictures. Else vehicle time waits for its pictures, and
        it is not nice."""
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._scenes: list[PictureScene] = []
        self._thread: threading.Thread | None = None

    def add_scene(self, scene: PictureScene) -> int:
        """A camera's surroundings, sent along with its first picture; its number."""
        self._scenes.append(scene)
        return len(self._scenes) - 1

    def develop(self, path: Path, scene: int, picture: Picture) -> Job:
        """Write this picture there. Returns at once."""
        return self._take(Job(path, scene, picture))

    def send(self, scene: int, frame: VideoFrame) -> Job:
        """Send this frame of a video. Returns at once."""
        return self._take(Job(None, scene, frame))

    def _take(self, job: Job) -> Job:
        self._jobs.put(job)
        self._begin()
        return job

    def prepare(self) -> None:
        """A picture may be wanted soon: the process takes up to seconds to start, on a busy machine more."""
        if self._thread is None:
            self._jobs.put(None)
            self._begin()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="darkroom", daemon=True)
            self._thread.start()

    def drop(self) -> None:
        """Whoever waits need wait no more: the program is to end. What has not been begun is not written."""
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
    command = [sys.executable, "-m", "sitl.camera.darkroom", *([_YIELDS] if yields else [])]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ask(child: subprocess.Popen[bytes], job: object) -> str:
    """Error of the child, "" when there is none. OSError: there is nobody to ask any more."""
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
    """The one of this process."""
    return Darkroom()


def develop_all(jobs: IO[bytes], answer: Callable[[bytes], object]) -> None:
    """The child: until its input ends."""
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
    """Whole, or not at all."""
    part = path.with_suffix(".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def main() -> None:
    """Ctrl-C is the parent's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32" and _YIELDS in sys.argv:
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
    with contextlib.suppress(BrokenPipeError):  # the parent has ended while it waited for a picture
        develop_all(sys.stdin.buffer, lambda line: os.write(sys.stdout.fileno(), line))


if __name__ == "__main__":
    main()
