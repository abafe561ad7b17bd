"""The back doors of a server: for each index a Unix socket that only its user can open, where
`lepton-search query` has its question answered without loading a model.
"""

from __future__ import annotations

import json
import os
import socket
import socketserver
import stat
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from lepton_local import __version__
from lepton_local.cli.knock import BEAT, DONE, LONGEST, PATIENCE, door, is_private
from lepton_local.cli.reader import READER, Reader
from lepton_local.cli.said import Question, found, said
from lepton_local.config import SearchConfig
from lepton_local.search.searcher import Searcher
from lepton_local.serve.live import Live
from lepton_local.store.index import Index
from lepton_local.store.union import union
from lepton_local.types import Answer, Hit, Result

_PULSE = PATIENCE / 4
_SLOW = 5.0  # seconds that a command may take to say what it asks, and to take the answer


@contextmanager
def back_doors(live: Live, indexes: Sequence[str], *, cores: int) -> Iterator[None]:
    """Answer at the doors of these indexes as long as this lasts: `cores` questions at a time.

    A door that another server keeps, and one that cannot be made, is left as it is: commands do
    without.
    """
    if not hasattr(socket, "AF_UNIX"):
        yield
        return
    with ExitStack() as kept, ThreadPoolExecutor(cores, "lepton-door") as pool:
        for index in dict.fromkeys(map(os.path.realpath, indexes)):
            with suppress(OSError):
                kept.enter_context(_open(door(index), live, pool))
        yield


@contextmanager
def _open(place: Path, live: Live, pool: ThreadPoolExecutor) -> Iterator[None]:
    """Raises OSError where no door can be made."""
    with suppress(FileExistsError):
        place.parent.mkdir(mode=0o700)
    if not is_private(place.parent):
        raise PermissionError(f"{place.parent} is not this user's alone")
    _forget(place)
    with _Door(str(place), _Talk) as server:
        place.chmod(0o600)
        made = place.lstat()
        server.live, server.pool = live, pool
        thread = threading.Thread(target=server.serve_forever, args=(0.5,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            with suppress(OSError):
                if os.path.samestat(place.lstat(), made):
                    place.unlink()


def _forget(place: Path) -> None:
    """Remove a door that nobody keeps any more. Raises FileExistsError where somebody does, and for
    what is no door.
    """
    with socket.socket(socket.AF_UNIX) as talk, suppress(FileNotFoundError):
        if not stat.S_ISSOCK(place.lstat().st_mode):
            raise FileExistsError(str(place))
        talk.settimeout(PATIENCE)
        try:
            talk.connect(str(place))
        except ConnectionRefusedError:
            place.unlink()
        else:
            raise FileExistsError(str(place))


class _Door(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A socket, and a thread for each command that waits at it."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    live: Live
    pool: ThreadPoolExecutor

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A command that has gone is no news."""


class _Talk(socketserver.StreamRequestHandler):
    """One question, of a command of this version that knows the generation which is served; with
    any other the talk ends, and the command does the work itself.
    """

    server: _Door
    timeout = _SLOW

    def handle(self) -> None:
        told = json.loads(self.rfile.readline(LONGEST + 1))
        if told["version"] != __version__ or not _is_own(self.connection):
            return
        served = {
            os.path.realpath(each.path): each for each in self.server.live.now().members.values()
        }
        indexes = [served[place] for place in told["places"]]
        if [each.manifest.seal for each in indexes] != told["seals"]:
            return
        if len(set(told["places"])) < len(indexes):
            return  # one index under two names
        coming = self.server.pool.submit(_answer, indexes, told)
        try:
            while not wait([coming], _PULSE).done:
                self.wfile.write(BEAT)
        except OSError:
            coming.cancel()  # nobody waits for it any more
            raise
        self.wfile.write(DONE + coming.result())


def _answer(indexes: Sequence[Index], told: Mapping[str, Any]) -> bytes:
    """What the command is to print. Raises LeptonError: then the command will say what is wrong."""
    query = Question(**_tuples(told["query"]))
    READER.set(Reader(**told["reader"]))
    searcher = Searcher(union(indexes), config=SearchConfig(**_tuples(query.engine)))
    typed = {
        index.place: str(Path(name)) for index, name in zip(indexes, query.indexes, strict=True)
    }
    return json.dumps(asdict(said(_called(found(searcher, query), typed), query))).encode()


def _called(result: Result, names: Mapping[str, str]) -> Result:
    """The same result, its indexes under the names by which they were typed: those are printed."""

    def hit(each: Hit) -> Hit:
        also, near = (
            tuple(replace(place, index=names[place.index]) for place in places)
            for places in (each.also, each.near)
        )
        return replace(each, index=names[each.index], also=also, near=near)

    def answers(given: Sequence[Answer]) -> tuple[Answer, ...]:
        return tuple(replace(each, hit=hit(each.hit)) for each in given)

    return replace(
        result,
        hits=tuple(map(hit, result.hits)),
        answer=None if result.answer is None else answers([result.answer])[0],
        answers=answers(result.answers),
        conflicts=answers(result.conflicts),
        indexes=tuple(replace(each, index=names[each.index]) for each in result.indexes),
    )


def _tuples(value: Mapping[str, Any]) -> dict[str, Any]:
    """JSON knows only lists."""
    return {name: tuple(each) if isinstance(each, list) else each for name, each in value.items()}


def _is_own(talk: socket.socket) -> bool:
    """Whether the other side is this user, where the system tells."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, user, _ = struct.unpack("3i", talk.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(user == os.geteuid())
