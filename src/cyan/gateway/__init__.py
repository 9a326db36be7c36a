"""The door for devices: sockets on one side, `protocol.Session` in the middle,
use cases on the other.
"""
