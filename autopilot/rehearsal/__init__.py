"""The static rules of a rehearsal: what a plan shows without being flown (docs/rehearse.md)."""
