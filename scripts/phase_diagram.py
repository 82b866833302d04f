"""The phase diagram of a sortie and the table behind it, as Mermaid and Markdown text."""

from __future__ import annotations

from depot.decisions.phases import NEXT, PHASES
from depot.names import Phase
from scripts import generated_page as markdown


def mermaid() -> str:
    """A Mermaid `stateDiagram-v2`: one arrow for each change of phase, its label the events. What ends the loop for
    this vehicle leads to [*]; ABORT_3 does from every phase and is drawn once."""
    arrows: dict[tuple[int, int], list[str]] = {}
    for (phase, event), following in NEXT.items():
        if following is not phase and event.name != "ABORT_3":
            arrows.setdefault((int(phase), 0 if following is None else int(following)), []).append(event.name)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{int(phase)} {phase.title}" as {phase.name}' for phase in Phase]
    lines.append("    [*] --> PREP")
    for (start, end), names in sorted(arrows.items(), key=lambda entry: (entry[0][0], entry[0][1] or 9)):
        target = Phase(end).name if end else "[*]"
        lines.append(f"    {Phase(start).name} --> {target}: {', '.join(sorted(names))}")
    lines.append("    note right of PREP: ABORT_3 ends the loop from every phase")
    return "\n".join(lines) + "\n"


def table() -> str:
    """The eight phases: owner, modes, entry conditions, actions, exit conditions."""
    rows = (
        (f"{int(phase)} {phase.title}", row.owner, *map(_listed, (row.modes, row.entry, row.actions, row.exit)))
        for phase, row in PHASES.items()
    )
    return "\n".join(markdown.table(("phase", "owner", "modes", "entry", "actions", "exit"), rows)) + "\n"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


if __name__ == "__main__":
    print("```mermaid\n" + mermaid() + "```\n\n" + table(), end="")
