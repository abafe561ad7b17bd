"""The machines of a cluster and the processes on them, by Ray: the one file that knows it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Self

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before it is imported: it would tell its makers

import ray
from ray._private import worker as ray_worker
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from lepton_local import __version__
from lepton_local.errors import ClusterError, LeptonError
from lepton_local.models.processor import cores

HERE = "here"
OBJECTS = 80 << 20  # bytes of shared memory on this machine: what is sent is small
TICK = 0.5  # seconds between two looks at who has come, gone, or is late
PATIENCE = 60.0  # seconds without one process that has started
TRIES = 3  # of a job, and of a machine whose processes die before they have done one
LATE, SOON = 2.0, 5.0  # times the usual time, and seconds, after which a job is begun twice


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
    told = str(error).strip().splitlines() or [type(error).__name__]
    return told[0][:200]


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


@dataclass(eq=False, slots=True)
class _Hand:
    """A process, as it is seen from here."""

    actor: Any
    machine: Machine
    ref: Any  # what it has been asked for and not given yet
    number: int | None = None  # of its job
    began: float = field(default_factory=time.monotonic)


Job = tuple[str, tuple[Any, ...]]  # a method of a process, and what it is given


class Pool:
    """Processes on all machines of a cluster, as many as there is room for; used in a `with`, which
    ends them.
    """

    def __init__(
        self, kind: type[Process], brief: Sequence[Any], paths: Sequence[str], *, processors: int
    ) -> None:
        """kind: is started with `brief` and how many processors it has, at most `processors`;
        paths: what each machine must see.
        """
        self._kind, self._processors, self._paths = kind, processors, list(paths)
        self._brief = [ray.put(each) for each in brief]
        self._hands: list[_Hand] = []
        self._failed: Counter[str] = Counter()  # by node, processes that died since its last job
        self._why = ""  # the last of them has

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._hands:
            self._dismiss(self._hands[-1])

    def do(self, jobs: Sequence[Job], told: Callable[[int, Any, str], None]) -> None:
        """Have all jobs done, each by whoever is free, again if that one dies, and also by another
        if it is late. told: is given what each gives, once, and the name of the machine.
        """
        waiting, tries = deque(range(len(jobs))), Counter[int]()
        done: set[int] = set()
        took: list[float] = []
        asked = time.monotonic()
        while len(done) < len(jobs):
            self._hire(asked)
            for hand in self._hands:
                if hand.ref is None:
                    number = waiting.popleft() if waiting else self._late(took)
                    if number is None:
                        break
                    hand.number, hand.began = number, time.monotonic()
                    method, args = jobs[number]
                    hand.ref = getattr(hand.actor, method).remote(*args)
            busy = {hand.ref: hand for hand in self._hands if hand.ref is not None}
            for ref in ray.wait(list(busy), num_returns=1, timeout=TICK)[0]:
                hand = busy[ref]
                number, hand.number, hand.ref = hand.number, None, None
                alive, given = self._given(hand, ref)
                if number is None or number in done:
                    continue
                if alive:
                    self._failed[hand.machine.node] = 0
                    done.add(number)
                    took.append(time.monotonic() - hand.began)
                    told(number, given, hand.machine.name)
                    continue
                tries[number] += 1
                if tries[number] == TRIES:
                    raise ClusterError(f"{TRIES} processes died of the same work ({self._why})")
                if all(other.number != number for other in self._hands):
                    waiting.appendleft(number)
        for hand in [hand for hand in self._hands if hand.number is not None]:
            self._dismiss(hand)  # another was faster

    def _given(self, hand: _Hand, ref: Any) -> tuple[bool, Any]:
        """Whether a process is still there, and what it gives."""
        try:
            return True, ray.get(ref)
        except RayTaskError as error:
            if isinstance(error.cause, LeptonError):
                raise error.cause from None
            why = f"{type(error.cause).__name__}: {_line(error.cause)}"
        except RayError as error:
            why = _line(error)
        self._why = f"{hand.machine.name}: {why}"
        self._failed[hand.machine.node] += 1
        self._dismiss(hand)
        return False, None

    def _late(self, took: Sequence[float]) -> int | None:
        """A job that takes much longer than others did, and that one process alone is at."""
        if not took:
            return None
        doing = Counter(hand.number for hand in self._hands)
        since = time.monotonic() - max(LATE * median(took), SOON)
        late = [
            hand
            for hand in self._hands
            if hand.number is not None and doing[hand.number] == 1 and hand.began < since
        ]
        return min(late, key=lambda hand: hand.began).number if late else None

    def _hire(self, asked: float) -> None:
        """See that every machine that is there has its processes."""
        there = machines(self._processors)
        nodes = {machine.node for machine in there}
        idle = [hand for hand in self._hands if hand.ref is None]
        for hand in idle:  # one that was at work gives an error
            if hand.machine.node not in nodes:
                self._dismiss(hand)
        for machine in there:
            have = sum(hand.machine.node == machine.node for hand in self._hands)
            if self._failed[machine.node] < TRIES:
                self._hands += [self._start(machine) for _ in range(machine.many - have)]
        if not self._hands:
            why = self._why or "none of its machines has a processor for us"
            raise ClusterError(f"the cluster has nobody left to work ({why})")
        new = all(hand.ref is not None and hand.number is None for hand in self._hands)
        if new and time.monotonic() - asked > PATIENCE:
            raise ClusterError(f"no processor of the cluster was free for {PATIENCE:g} s")

    def _start(self, machine: Machine) -> _Hand:
        actor = ray.remote(
            num_cpus=machine.processors,
            num_gpus=machine.gpus,
            scheduling_strategy=NodeAffinitySchedulingStrategy(machine.node, soft=False),
            max_restarts=0,
        )(self._kind).remote(*self._brief, machine.processors)
        return _Hand(actor, machine, actor.hello.remote(__version__, self._paths))

    def _dismiss(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        with contextlib.suppress(RayError, ValueError):
            ray.kill(hand.actor)
