"""How many sockets each network has here whose people are not known yet."""

from collections import Counter


class Strangers:
    """Counts by network ("" is not counted): at most `most` each."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._here: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._here.total()

    def full(self, network: str) -> bool:
        """Whether it has as many as it may."""
        return bool(network) and self._here[network] >= self._most

    def come(self, network: str) -> None:
        """One more is here."""
        if network:
            self._here[network] += 1

    def go(self, network: str) -> None:
        """One has gone, or has said who he is."""
        if network:
            self._here[network] -= 1
            if not self._here[network]:
                del self._here[network]
