"""Minutes of races, soaks and faults. Each says what it did: how many cases, in how many seconds."""

import time
from collections.abc import Iterator

import pytest


class Account:
    """What a suite has done so far."""

    def __init__(self) -> None:
        self.cases = 0
        self.facts: dict[str, object] = {}

    def note(self, **facts: object) -> None:
        """Something worth a word at the end."""
        self.facts.update(facts)


@pytest.fixture
def account(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Iterator[Account]:
    """Count into this; it is printed at the end, however that came."""
    made, began = Account(), time.monotonic()
    yield made
    seconds = time.monotonic() - began
    facts = "".join(f", {name.replace('_', ' ')} {fact}" for name, fact in made.facts.items())
    with capsys.disabled():
        print(f"\n{request.node.name}: {made.cases} cases in {seconds:.0f} s{facts}")
