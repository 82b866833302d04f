"""Rehearsal: will a plan work, and if not, why not, before a battery is charged (docs/rehearse.md)."""
