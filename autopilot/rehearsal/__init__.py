"""The static rules of a rehearsal: findings about a plan without a flight (docs/rehearse.md)."""
