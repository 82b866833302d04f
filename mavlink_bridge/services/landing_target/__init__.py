"""LANDING_TARGET: position of the landing pad from a companion computer, or from a simulated sensor."""

from mavlink_bridge.services.landing_target.service import LandingTargetService

__all__ = ["LandingTargetService"]
