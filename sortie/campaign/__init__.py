"""Campaigns: many flights that answer a question. Python programs use `Study` and `results`."""

from __future__ import annotations

from sortie.campaign.folder import results
from sortie.campaign.study import Study

__all__ = ["Study", "results"]
