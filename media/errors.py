"""What goes wrong between a gateway and a media worker.

MediaError
├── MediaUnavailable   the worker does not answer: try again (temporary)
└── MediaRefused       the worker answered no; `slug` says why, a retry does not help

Slugs: `invalid` (the parameters are malformed), `unsupported` (no codec in common), `not-found` (no such transport,
producer or consumer), `exists` (the id or SSRC is taken), `limit` (too many of these), `wrong-state` (already
connected), `internal` (a bug: see the worker's log).
"""


class MediaError(Exception):
    """The tree's root. `temporary` says whether a retry can help."""

    temporary = False


class MediaUnavailable(MediaError):
    """No connection to the worker, or no answer within the deadline. Nothing is known about the effect."""

    temporary = True


class MediaRefused(MediaError):
    """The worker refused, and changed nothing. `slug` is stable, `detail` is for people."""

    def __init__(self, slug: str, detail: str = "") -> None:
        self.slug = slug
        self.detail = detail
        super().__init__(f"{slug}: {detail}" if detail else slug)
