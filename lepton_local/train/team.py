"""Several processes that train one network: each sees a share of every batch, and all take the same
step.

On two cores this shows about one and a half times as many examples a second as one process, for
whose threads the matrices of a small network are too small to share.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import distributed, nn

from lepton_local.errors import ModelError

LEAST = 8  # questions of a batch that are worth a process of their own
LAST = 2.0  # seconds that an ending process is given
WORTH = 64  # questions of a data set for which it is worth starting one
INTERFACE = "GLOO_SOCKET_IFNAME"
LOOPBACK = {"linux": "lo", "darwin": "lo0"}  # elsewhere Gloo asks for this machine's own name


@dataclass(frozen=True, slots=True)
class Team:
    """This process' place among those that train together. The first one (0) keeps the books."""

    place: int = 0
    size: int = 1

    def share(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each process' gradients by the mean of all processes'."""
        if self.size == 1:
            return
        learning = [p for p in parameters if p.grad is not None]
        gradients = [p.grad for p in learning if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        done = 0
        for parameter in learning:
            part = flat[done : done + parameter.numel()]
            parameter.grad = part.view_as(parameter)
            done += parameter.numel()

    def agree(self, value: float) -> float:
        """The first process' value, in all of them: their clocks differ."""
        if self.size == 1:
            return value
        said = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(said, 0)
        return float(said)


ALONE = Team()


def team_size(cores: int, *, batch: int, questions: int) -> int:
    """How many processes are worth starting on so many cores."""
    return max(1, min(cores, batch // LEAST, questions // WORTH))


@contextmanager
def gathered(size: int, work: Callable[[Team], object]) -> Iterator[Team]:
    """This process as the first of `size`; the others run `work`, which must be importable.

    They end with the block, also when it fails or is interrupted.
    """
    if size == 1:
        yield ALONE
        return
    start = multiprocessing.get_context("spawn").Process
    with TemporaryDirectory(prefix="lepton-team-") as folder:
        meeting = f"file:///{(Path(folder) / 'meeting').as_posix().lstrip('/')}"
        places = range(1, size)
        others = [start(target=_join, args=(work, p, size, meeting), daemon=True) for p in places]
        for other in others:
            other.start()
        try:
            yield _met(0, size, meeting)
        except BaseException as error:
            lost = _lost(others) if isinstance(error, RuntimeError) else []
            for other in others:
                other.terminate()
            if lost:
                raise ModelError(
                    f"a process that trained along has ended (exit code {lost[0]}), expected it "
                    "to last",
                    advice="if memory is short, --threads 1 trains in one process",
                ) from error
            raise
        finally:
            for other in others:
                other.join()
            distributed.destroy_process_group()


def _lost(others: Sequence[BaseProcess]) -> list[int]:
    """How those ended that have ended: a broken connection is heard of before its end is."""
    for other in others:
        other.join(LAST / len(others))
    return [other.exitcode for other in others if other.exitcode is not None]


def _met(place: int, size: int, meeting: str) -> Team:
    with _loopback():
        distributed.init_process_group("gloo", init_method=meeting, rank=place, world_size=size)
    return Team(place, size)


@contextmanager
def _loopback() -> Iterator[None]:
    """They talk to each other on this machine alone, where the system's name for that is known;
    Gloo looks for it here when they meet, and nobody else finds it afterwards.
    """
    name = LOOPBACK.get(sys.platform)
    before = os.environ.get(INTERFACE)
    if name is not None:
        os.environ[INTERFACE] = name
    try:
        yield
    finally:
        if before is not None:
            os.environ[INTERFACE] = before
        elif name is not None:
            del os.environ[INTERFACE]


def _join(work: Callable[[Team], object], place: int, size: int, meeting: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it, and ends this one
    work(_met(place, size, meeting))
    distributed.destroy_process_group()
