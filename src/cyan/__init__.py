"""Cyan: a self-hosted device cloud, wire-compatible with Particle's."""

__version__ = "0.1.0"
