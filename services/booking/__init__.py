"""Availability, slots, holds and appointments."""
