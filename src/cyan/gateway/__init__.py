"""The door for devices: sockets on one side, a `protocol` session in the middle,
use cases on the other.
"""

from cyan.gateway.listener import Gateway

__all__ = ["Gateway"]
