"""A moving picture of somebody, drawn: for screenshots, in the place of the browser's green test picture."""

import math
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, FRAMES, RATE = 640, 480, 30, 15

Colour = tuple[int, int, int]
"""Y, U and V of BT.601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The colours of a person and of the wall behind, as 0xRRGGBB."""

    wall: int
    wall_below: int
    coat: int
    skin: int
    hair: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ellipse:
    """A filled shape, in pixels of the whole picture."""

    x: float
    y: float
    width: float
    height: float
    colour: int


def write(path: Path, look: Look) -> None:
    """Write two seconds of it as Y4M (`--use-file-for-fake-video-capture` repeats them)."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            sway = 5 * math.sin(2 * math.pi * number / FRAMES)
            file.write(b"FRAME\n" + _frame(look, sway))


def _frame(look: Look, sway: float) -> bytes:
    middle = WIDTH / 2 + sway
    shapes = (
        Ellipse(x=middle, y=205, width=206, height=250, colour=look.hair),
        Ellipse(x=middle, y=505, width=430, height=330, colour=look.coat),
        Ellipse(x=middle, y=335, width=92, height=100, colour=look.skin),
        Ellipse(x=middle, y=235, width=164, height=206, colour=look.skin),
    )
    return b"".join(
        _plane(look, shapes, channel=channel, scale=scale)
        for channel, scale in ((0, 1), (1, 2), (2, 2))
    )


def _plane(look: Look, shapes: tuple[Ellipse, ...], *, channel: int, scale: int) -> bytes:
    rows = []
    for line in range(HEIGHT // scale):
        y = (line + 0.5) * scale
        row = bytearray([_wall(look, y / HEIGHT)[channel]]) * (WIDTH // scale)
        for shape in shapes:
            _fill(row, shape, y=y, value=yuv(shape.colour)[channel], scale=scale)
        rows.append(bytes(row))
    return b"".join(rows)


def _fill(row: bytearray, shape: Ellipse, *, y: float, value: int, scale: int) -> None:
    height = (y - shape.y) / (shape.height / 2)
    if abs(height) >= 1:
        return
    half = shape.width / 2 * math.sqrt(1 - height * height)
    left = max(0, round((shape.x - half) / scale))
    right = min(len(row), round((shape.x + half) / scale))
    row[left:right] = bytes([value]) * (right - left)


def _wall(look: Look, share: float) -> Colour:
    above, below = yuv(look.wall), yuv(look.wall_below)
    mixed = [round(a + (b - a) * share) for a, b in zip(above, below, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def yuv(colour: int) -> Colour:
    """0xRRGGBB in full-range BT.601."""
    red, green, blue = colour >> 16, colour >> 8 & 0xFF, colour & 0xFF
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(luma), round(128 + 0.564 * (blue - luma)), round(128 + 0.713 * (red - luma))
