"""What organisations refuse.

RequestError
└── Conflict
    └── SlugTaken   1390  another organisation has this slug
"""

from protocol.errors import Conflict


class SlugTaken(Conflict):
    """Another organisation has this slug."""

    code, slug, title = 1390, "slug-taken", "Another organisation has this short name."
