"""MAVLink's events: what happens as numbers with arguments, whose words are in a file that stations download."""

from mavlink_bridge.services.events.book import SortieBook
from mavlink_bridge.services.events.service import EventClock, EventService

__all__ = ["EventClock", "EventService", "SortieBook"]
