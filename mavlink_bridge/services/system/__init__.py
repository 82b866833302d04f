"""What keeps a conversation going: heartbeats of ground stations, time, ping, version; and the log pages' questions."""
