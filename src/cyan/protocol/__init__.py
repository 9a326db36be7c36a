"""The device wire, both sides: bytes in, happenings out; no socket and no clock."""
