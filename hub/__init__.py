"""Connections, channels, fan-out and presence. Knows not one business word."""
