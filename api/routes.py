"""What is served where. Each context's file brings its router; the order here is the order in the documentation."""

from fastapi import APIRouter

from api import accounts, booking, documentation, practitioners, rooms

ROUTERS: tuple[APIRouter, ...] = (
    accounts.router,
    practitioners.router,
    booking.router,
    rooms.router,
    documentation.router,
)
"""Everything under /api/v1."""
