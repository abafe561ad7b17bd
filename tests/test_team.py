"""Processes that train together: they learn what one learns alone."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from torch import distributed

from lepton_local.errors import ModelError
from lepton_local.train import team
from lepton_local.train.paired import PairRun
from lepton_local.train.recipe import Recipe
from tests import tiny_models
from tests.systems import linux
from tests.training import animal_groups


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PairRun:
    monkeypatch.setattr(team, "LEAST", 2)
    monkeypatch.setattr(team, "WORTH", 4)
    tiny_models.save(tmp_path / "base", "bert", "mean", initializer_range=0.05)
    data = tmp_path / "animals.jsonl"
    rows = [
        {
            "query": group.question,
            "positive": group.candidates[0].passage.text,
            "answers": group.candidates[0].spans,
            "negatives": ["Snow fell."],
        }
        for group in animal_groups()
    ]
    data.write_text("\n".join(map(json.dumps, rows)))
    return PairRun(
        data=(data,),
        validation=data,
        remember=None,
        base=tmp_path / "base",
        out=tmp_path / "together",
        recipe=Recipe(epochs=2, batch=4, lr=3e-3),
        device="cpu",
        max_tokens=64,
        resume=False,
    )


def test_two_processes_learn_what_one_learns(run: PairRun, tmp_path: Path) -> None:
    assert run.run(threads=2).step == 4
    alone = replace(run, out=tmp_path / "alone")
    assert alone.run(threads=1).step == 4
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("alone", "together"))
    start = load_file(tmp_path / "base" / "model.safetensors")
    moved = 0.0
    for name, weights in one.items():
        np.testing.assert_allclose(two[name], weights, atol=4e-3)
        moved += float(np.abs(weights - start.get(name.removeprefix("bert."), weights)).sum())
    assert moved > 1


@linux
def test_a_lost_process_ends_the_run_with_its_reason(run: PairRun) -> None:
    def kill(stage: str, done: int, total: int | None) -> None:
        for child in Path("/proc/self/task").glob("*/children"):
            for pid in map(int, child.read_text().split()):
                if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)

    with pytest.raises(ModelError, match=r"exit code -9.*--threads 1"):
        run.run(threads=2, progress=kill)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("before", [None, "eth7"])
def test_they_meet_on_this_machine_and_leave_the_environment_as_it_was(
    platform: str, before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str | None] = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(
        distributed,
        "init_process_group",
        lambda *_, **__: met.append(os.environ.get(team.INTERFACE)),
    )
    monkeypatch.delenv(team.INTERFACE, raising=False)
    if before is not None:
        monkeypatch.setenv(team.INTERFACE, before)
    team._met(0, 2, "file:///nowhere")
    assert met == [{"linux": "lo", "darwin": "lo0"}.get(platform, before)]
    assert os.environ.get(team.INTERFACE) == before


def test_small_work_is_done_alone() -> None:
    assert team.team_size(16, batch=16, questions=100_000) == 2
    assert team.team_size(2, batch=16, questions=100) == 1
    assert team.team_size(1, batch=16, questions=100_000) == 1
