"""LANDING_TARGET: a companion tells where the pad is; a simulated vehicle tells what its own sensor sees."""

from mavlink_bridge.services.landing_target.service import LandingTargetService

__all__ = ["LandingTargetService"]
