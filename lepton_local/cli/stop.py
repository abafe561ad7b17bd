"""Being asked to stop: by Ctrl-C, by `kill` or a service manager, or because the terminal has gone.

All of them end what is being done in the same way, so that nothing is left half done.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

# Python itself hears Ctrl-C; Windows knows nothing of terminals that go.
ASKING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(KeyboardInterrupt):
    """Somebody asked to stop, by this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def status_of(interrupt: KeyboardInterrupt) -> int:
    """The exit status that a shell expects: 128 and the number of the signal."""
    return 128 + (interrupt.number if isinstance(interrupt, Stopped) else signal.SIGINT)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Have each signal that asks to stop raise Stopped, unless somebody ignores or handles it."""
    heard = []
    if threading.current_thread() is threading.main_thread():  # no other may listen
        heard = [number for number in ASKING if signal.getsignal(number) == signal.SIG_DFL]
    for number in heard:
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, signal.SIG_DFL)


def _stop(number: int, frame: FrameType | None) -> None:
    for other in ASKING:
        if callable(signal.getsignal(other)):
            signal.signal(other, signal.SIG_IGN)  # once is enough: what is left is being cleared
    raise Stopped(number)
