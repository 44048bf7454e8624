"""Randomness that nobody can guess: SSRCs, first numbers (RFC 3550, 5.1), ICE passwords."""

import secrets
import string
from typing import Protocol

_ALPHABET = string.ascii_letters + string.digits


class Draw(Protocol):
    """Randomness, passed in."""

    def below(self, limit: int) -> int:
        """A whole number from 0 up to `limit`."""

    def text(self, length: int) -> str:
        """A text of letters and digits."""


class SecretDraw:
    """From the operating system."""

    def below(self, limit: int) -> int:
        """A whole number from 0 up to `limit`."""
        return secrets.randbelow(limit)

    def text(self, length: int) -> str:
        """A text of letters and digits: 24 of them hold 142 bits (RFC 8445, 5.3 asks for 128)."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(length))
