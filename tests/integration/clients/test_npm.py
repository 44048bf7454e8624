"""npm `centrifuge` under Node with `ws`, unmodified, against the hub behind uvicorn."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from hub.limits import Limits
from tests.hub.harness import ELSEWHERE, ROOM, SIGNALS, SLOTS, World, personal
from tests.integration.clients.driver import driven

NODE = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def modules() -> None:
    """The locked packages, installed once."""
    if not (NODE / "node_modules" / ".package-lock.json").exists():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=NODE, check=True, capture_output=True)


def facts(place: World) -> str:
    """What a scene needs to know."""
    return json.dumps(
        {
            "url": place.url,
            "tokens": {
                "ann": place.tokens.issue(1),
                "bob": place.tokens.issue(2),
                "expired": place.tokens.issue(1, ttl=-1),
                "short": [place.tokens.issue(1, ttl=ttl) for ttl in (2, 4)],
            },
            "channels": {
                "room": ROOM,
                "signals": SIGNALS,
                "slots": SLOTS,
                "ann": personal(1),
                "forbidden": [ELSEWHERE, personal(2), "nowhere:1", "room:x"],
            },
        }
    )


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("modules")
@pytest.mark.parametrize(
    "scene",
    [
        "hears",
        "meets",
        "recovers",
        "loses",
        "refreshes",
        "refused",
        "ousted",
        "anonymous",
        "oversize",
    ],
)
@pytest.mark.asyncio
async def test_scene(scene: str) -> None:
    async with driven(Limits(token_grace=0.5)) as place:
        node = await asyncio.create_subprocess_exec(
            "node",
            "scenes.mjs",
            scene,
            cwd=NODE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(30):
                said, _ = await node.communicate(facts(place).encode())
        finally:
            if node.returncode is None:
                node.kill()
                await node.wait()
        assert node.returncode == 0, said.decode()
