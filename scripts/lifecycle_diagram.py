"""The state diagram of a flight, drawn from the table as Mermaid text."""

from __future__ import annotations

from autopilot.flight.lifecycle import IGNORED, TABLE, FlightState, LifecycleAction
from scripts import generated_page as markdown


def mermaid() -> str:
    """A Mermaid `stateDiagram-v2`: one arrow for each change of state, its label event [guard]."""
    arrows: dict[tuple[FlightState, FlightState], list[str]] = {}
    for (state, event), rows in TABLE.items():
        for row in rows:
            if row.next is not state:
                guard = f" [{row.guard.__name__}]" if row.guard is not None else ""
                arrows.setdefault((state, row.next), []).append(f"{event.name}{guard}")
    lines = ["stateDiagram-v2", "    [*] --> IDLE"]
    lines += [f"    {a.name} --> {b.name}: {', '.join(labels)}" for (a, b), labels in sorted(arrows.items())]
    return "\n".join(lines) + "\n"


def table() -> str:
    """All pairs as a Markdown table: state, event, guard, action, next state; refused and ignored events after it."""
    lines = markdown.table(("state", "event", "if", "action", "next"), ())
    for (state, event), rows in sorted(TABLE.items(), key=lambda entry: (entry[0][0], entry[0][1].value)):
        for row in rows:
            if row.action in (LifecycleAction.REFUSE_SECOND_GO, LifecycleAction.REFUSE_ABORT):
                continue
            guard = row.guard.__name__ if row.guard is not None else ""
            lines.append(markdown.table_row((state.name, event.name, guard, row.action.value, row.next.name)))
    refused = "GO outside IDLE and ABORT outside ARMED are refused without side effects. These events are ignored:"
    lines += ["", refused, ""]
    for state, events in IGNORED.items():
        names = ", ".join(sorted(event.name for event in events))
        lines.append(f"- {state.name}: {names}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print("```mermaid\n" + mermaid() + "```\n\n" + table(), end="")
