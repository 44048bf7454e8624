"""Child processes that never outlive us."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Loaded here: between fork and exec nothing may be loaded any more."""


def die_with_parent(parent: int, signum: signal.Signals) -> None:
    """Ask the kernel to send `signum` to this process when `parent` dies, even by SIGKILL. Linux only.

    The wish is bound to the *thread* that forked, so children are started from the main thread. It is lost when the
    user changes, so it is set after that.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != parent:  # he died before we asked
        os.kill(os.getpid(), signum)


def before_exec(signum: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that does so. Call this in the parent."""
    parent = os.getpid()
    return lambda: die_with_parent(parent, signum)
