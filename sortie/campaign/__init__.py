"""Campaigns: many flights that answer one question. See `study`, `flown`, `execution`; in Python `Study`."""

from __future__ import annotations

from sortie.campaign.study import Study

__all__ = ["Study"]
