"""A message is framed once, as a WebSocket library would write it."""

import pytest
from websockets.frames import Frame, Opcode

from hub.outlet import Message, frame


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_a_frame_is_as_the_library_would_write_it(size: int) -> None:
    payload = b"x" * size
    assert frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


def test_a_message_is_framed_once() -> None:
    message = Message(b"{}")
    assert message.websocket is message.websocket
