"""Upkeep of a conversation: heartbeats of ground stations, time, ping, version; and the log pages' questions."""
