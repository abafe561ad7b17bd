"""The machines of a cluster and the processes on them, by Ray: the one file that knows it."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import socket
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before it is imported: it would tell its makers
# Of what is started here: else its processes would give way to all others.
os.environ.setdefault("RAY_worker_niceness", "0")

import ray
from ray._private import worker as ray_worker
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from lepton_local import __version__
from lepton_local.errors import ClusterError, LeptonError
from lepton_local.models.processor import cores

HERE = "here"
OBJECTS = 80 << 20  # bytes of shared memory on this machine: what is sent is small


@contextlib.contextmanager
def connected(address: str) -> Iterator[None]:
    """Be joined to the cluster at an address, HOST:PORT or `auto`; `here` is one of this machine
    alone, which ends with the block. Raises ClusterError.
    """
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ray_worker.print_to_stdstream = _nowhere  # it would go to standard output, among our JSON
    with tempfile.TemporaryDirectory(prefix="lepton-ray-", ignore_cleanup_errors=True) as logs:
        try:
            _join(address, logs)
            if threading.current_thread() is threading.main_thread():
                for number, handler in heard.items():  # Ray has put its own there
                    signal.signal(number, handler)
            yield
        finally:
            ray.shutdown()


def _join(address: str, logs: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        if address == HERE:
            before = os.umask(0o077)  # the token that it makes is for nobody else
            try:
                _init(
                    address="local",
                    num_cpus=cores(),
                    object_store_memory=OBJECTS,
                    include_dashboard=False,
                    _temp_dir=logs,
                )
            finally:
                os.umask(before)
        else:
            if address != "auto":
                socket.create_connection((host, int(port)), timeout=5).close()
            _init(address=address)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        where = f"no Ray answers at {address}" if address != HERE else "Ray cannot be started here"
        raise ClusterError(
            f"{where} ({_line(error)})",
            advice="ray start --head --port 6379, then --ray HOST:6379; or --ray alone, and last",
        ) from None


def _init(**settings: Any) -> None:
    ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **settings)


def _nowhere(*_: object, **__: object) -> None:
    """What Ray has to say of its processes: what matters of it comes as an error."""


def _line(error: BaseException) -> str:
    """What went wrong, of many lines: the last of a traceback, else the first."""
    told = str(error).strip().splitlines() or [type(error).__name__]
    return told[-1 if re.match(r"\w+(Error|Exception): ", told[-1]) else 0][:200]


@dataclass(frozen=True, slots=True)
class Machine:
    """A node of a cluster, and the processes that it has room for."""

    node: str
    name: str  # as people call it
    many: int
    processors: int  # of each process
    gpus: int


def machines(processors: int) -> list[Machine]:
    """Those that are there, with processes of up to so many processors, or of one GPU."""
    alive = [node for node in ray.nodes() if node["Alive"]]
    names = Counter(node["NodeManagerHostname"] for node in alive)
    found = []
    for node in alive:
        name = node["NodeManagerHostname"]
        if names[name] > 1:  # several nodes on one machine
            name = f"{name}:{node['NodeManagerPort']}"
        there, gpus = (int(node["Resources"].get(kind, 0)) for kind in ("CPU", "GPU"))
        if many := min(there, gpus or -(-there // processors)):
            found.append(Machine(node["NodeID"], name, many, there // many, int(gpus > 0)))
    return found


class Process:
    """What runs on a machine: a class of it is started with a brief, and asked to do jobs."""

    def hello(self, version: str, paths: Sequence[str]) -> None:
        """Raises ClusterError where this machine is not as the others are."""
        here = socket.gethostname()
        if version != __version__:
            raise ClusterError(f"{here} has lepton-local {__version__}, expected {version}")
        for path in paths:
            if not os.path.lexists(path):
                raise ClusterError(f"{here} has no {path}, expected a disk that all machines share")


class Gone(Exception):
    """A process, or its machine, has died, or failed what it was asked."""


@dataclass(frozen=True, eq=False, slots=True)
class Remote:
    """A process on a machine, as it is seen from here."""

    machine: Machine
    actor: Any

    def ask(self, method: str, *args: Any) -> Any:
        """Ask it; what is given stands for the answer, until `given` has it."""
        return getattr(self.actor, method).remote(*args)

    def end(self) -> None:
        """End it."""
        with contextlib.suppress(RayError, ValueError):
            ray.kill(self.actor)


def started(
    kind: type[Process], brief: Sequence[Any], machine: Machine, *, processors: int
) -> Remote:
    """Start a process of a kind with what it is to know, and so many processors kept for it."""
    actor = ray.remote(
        num_cpus=processors,
        num_gpus=machine.gpus if processors else 0,
        scheduling_strategy=NodeAffinitySchedulingStrategy(machine.node, soft=False),
        max_restarts=0,
    )(kind).remote(*brief)
    return Remote(machine, actor)


def shared(value: Any) -> Any:
    """A value that is given to many processes, sent once to each machine."""
    return ray.put(value)


def answered(asked: Sequence[Any], seconds: float) -> list[Any]:
    """Those of what was asked that are answered, as soon as there is one, or after so long."""
    return list(ray.wait(list(asked), num_returns=1, timeout=seconds)[0]) if asked else []


def given(asked: Any) -> Any:
    """What a process gives. Raises what it raised of our own, and else Gone."""
    try:
        return ray.get(asked)
    except RayTaskError as error:
        if isinstance(error.cause, LeptonError):
            raise error.cause from None
        raise Gone(f"{type(error.cause).__name__}: {_line(error.cause)}") from None
    except RayError as error:
        raise Gone(_line(error)) from None
