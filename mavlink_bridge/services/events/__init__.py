"""MAVLink's events: what happens as numbers with arguments, whose words are in a file that stations download."""
