"""Work that is dealt out to the processes of a cluster, whatever becomes of them."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from lepton_local import __version__
from lepton_local.cluster.machines import (
    Gone,
    Machine,
    Process,
    Remote,
    answered,
    given,
    machines,
    shared,
    started,
)
from lepton_local.errors import ClusterError

TICK = 0.5  # seconds between two looks at who has come, gone, or is late
PATIENCE = 60.0  # seconds without one process that has started
TRIES = 3  # of a job, and of a machine whose processes die before they have done one
LATE, SOON = 2.0, 5.0  # times the usual time, and seconds, after which a job is begun twice


@dataclass(eq=False, slots=True)
class _Hand:
    """A process, and what it is at."""

    remote: Remote
    ref: Any  # what it has been asked for and not given yet
    number: int | None = None  # of its job
    began: float = field(default_factory=time.monotonic)


Job = tuple[str, tuple[Any, ...]]  # a method of a process, and what it is given


class Pool:
    """Processes on all machines of a cluster, as many as there is room for."""

    def __init__(
        self, kind: type[Process], brief: Sequence[Any], paths: Sequence[str], *, processors: int
    ) -> None:
        """kind: is started with `brief` and how many processors it has, at most `processors`;
        paths: what each machine must see.
        """
        self._kind, self._processors, self._paths = kind, processors, list(paths)
        self._brief = [shared(each) for each in brief]
        self._hands: list[_Hand] = []
        self._failed: Counter[str] = Counter()  # by node, processes that died since its last job
        self._why = ""  # the last of them has

    def close(self) -> None:
        """End them."""
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
                    hand.ref = hand.remote.ask(method, *args)
            busy = {hand.ref: hand for hand in self._hands if hand.ref is not None}
            for ref in answered(list(busy), TICK):
                hand = busy[ref]
                number, hand.number, hand.ref = hand.number, None, None
                alive, gave = self._given(hand, ref)
                if number is None or number in done:
                    continue
                if alive:
                    self._failed[hand.remote.machine.node] = 0
                    done.add(number)
                    took.append(time.monotonic() - hand.began)
                    told(number, gave, hand.remote.machine.name)
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
            return True, given(ref)
        except Gone as error:
            self._why = f"{hand.remote.machine.name}: {error}"
        self._failed[hand.remote.machine.node] += 1
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
            if hand.remote.machine.node not in nodes:
                self._dismiss(hand)
        for machine in there:
            have = sum(hand.remote.machine.node == machine.node for hand in self._hands)
            if self._failed[machine.node] < TRIES:
                self._hands += [self._start(machine) for _ in range(machine.many - have)]
        if not self._hands:
            why = self._why or "none of its machines has a processor for us"
            raise ClusterError(f"the cluster has nobody left to work ({why})")
        new = all(hand.ref is not None and hand.number is None for hand in self._hands)
        if new and time.monotonic() - asked > PATIENCE:
            raise ClusterError(f"no processor of the cluster was free for {PATIENCE:g} s")

    def _start(self, machine: Machine) -> _Hand:
        brief = (*self._brief, machine.processors)
        remote = started(self._kind, brief, machine, processors=machine.processors)
        return _Hand(remote, remote.ask("hello", __version__, self._paths))

    def _dismiss(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        hand.remote.end()
