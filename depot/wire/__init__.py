"""The sortie loop's words on the wire: standard MAVLink messages, and what they carry between a depot and its skimmer
(`docs/sortie-messages.md`)."""
