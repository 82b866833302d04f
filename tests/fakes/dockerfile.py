"""Reads the Dockerfile: what a test does by hand where no container engine is at hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continuation lines joined: `word` (RUN, COPY, ...) and what follows it."""

    word: str
    rest: str

    @property
    def arguments(self) -> list[str]:
        """The list of an instruction in exec form (`CMD ["sortie", ...]`, also behind `HEALTHCHECK ... CMD`)."""
        found = json.loads(self.rest[self.rest.index("[") :])
        assert isinstance(found, list)
        return found


def instructions() -> list[Instruction]:
    """All of them, in order, without comments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [Instruction(word, rest.strip()) for word, rest in lines]


def only(word: str) -> Instruction:
    """The one instruction with this word."""
    (found,) = [instruction for instruction in instructions() if instruction.word == word]
    return found
