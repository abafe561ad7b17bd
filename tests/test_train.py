"""Training runs: losses that fall, runs that go on where they stopped, what stays frozen."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from lepton_local.cli.train import main
from lepton_local.errors import InputError
from lepton_local.models import judge
from lepton_local.models.card import judge_card
from lepton_local.models.export import export
from lepton_local.models.load import load_encoder
from lepton_local.models.networks import network
from lepton_local.models.roles import Encoder, PassageText
from lepton_local.models.runtime_onnx import OnnxRuntime
from lepton_local.models.runtime_torch import TorchRuntime
from lepton_local.train import loop
from lepton_local.train.checkpoint import CHECKPOINT
from lepton_local.train.data import Candidate, Group, to_remember
from lepton_local.train.encoder import train_encoder
from lepton_local.train.pair import losses, train_pair
from lepton_local.train.recipe import Recipe, rate
from lepton_local.train.start import adapt, freeze, merged, start
from tests import tiny_models
from tests.conftest import WordEncoder
from tests.training import animal_groups, tiny_start

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    tiny_models.save(folder, "bert", "mean", initializer_range=0.05)
    return folder


def _history(folder: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / loop.HISTORY).read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def _questions(folder: Path) -> Path:
    rows = [
        {"query": g.question, "positive": g.candidates[0].passage.text, "negatives": ["Snow fell."]}
        for g in animal_groups()
    ]
    path = folder / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


RECIPE = Recipe(epochs=6, batch=4, lr=3e-3, layer_decay=1.0, validate=2, seed=3)


def test_the_loss_falls_and_a_model_is_left(base: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=20, lr=1e-2, validate=10)
    state = train_pair(tiny_start(base), animal_groups(), animal_groups(), recipe, tmp_path)
    rows = _history(tmp_path)
    assert state.step == 40
    assert rows[-1]["train_loss"] < 0.7 * rows[1]["train_loss"]
    assert (tmp_path / loop.CURVE).read_text().startswith("<svg")
    assert not (tmp_path / CHECKPOINT).exists()
    again = start(tmp_path, seed=0, dropout=0.0)
    assert again.heading
    assert again.config["architectures"] == ["PairModel"]


def test_a_stopped_run_goes_on_to_the_same_losses(base: Path, tmp_path: Path) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    recipe = dataclasses.replace(RECIPE, dropout=0.1, save=0.0, accumulate=2)
    groups = animal_groups()
    train_pair(tiny_start(base, dropout=0.1), groups, groups, recipe, whole)

    class Stopped(Exception):
        pass

    def stop(stage: str, done: int, total: int | None) -> None:
        if done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        train_pair(
            tiny_start(base, dropout=0.1),
            animal_groups(),
            animal_groups(),
            recipe,
            halves,
            progress=stop,
        )
    assert (halves / CHECKPOINT).exists()
    train_pair(
        tiny_start(base, dropout=0.1, seed=9),
        animal_groups(),
        animal_groups(),
        recipe,
        halves,
        resume=True,
    )
    assert _history(halves) == _history(whole)
    weights = "model.safetensors"
    assert (halves / weights).read_bytes() == (whole / weights).read_bytes()


def test_a_run_is_not_resumed_with_another_recipe(base: Path, tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int | None) -> None:
        if done == 2:
            raise KeyboardInterrupt

    recipe = dataclasses.replace(RECIPE, save=0.0)
    with pytest.raises(KeyboardInterrupt):
        train_pair(
            tiny_start(base), animal_groups(), animal_groups(), recipe, tmp_path, progress=stop
        )
    other = dataclasses.replace(recipe, batch=2)
    with pytest.raises(InputError, match="begun with batch 4"):
        train_pair(tiny_start(base), animal_groups(), animal_groups(), other, tmp_path, resume=True)


def test_patience_ends_a_run_that_learns_nothing(base: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, lr=0.0, patience=2, epochs=50)
    assert (
        train_pair(tiny_start(base), animal_groups(), animal_groups(), recipe, tmp_path).step == 4
    )


def test_a_run_that_only_harms_leaves_the_weights_it_began_with(base: Path, tmp_path: Path) -> None:
    groups = animal_groups()
    good = dataclasses.replace(RECIPE, epochs=10, lr=1e-2)
    train_pair(tiny_start(base), groups, groups, good, tmp_path / "good")
    harm = dataclasses.replace(RECIPE, epochs=2, lr=1.0)
    state = train_pair(tiny_start(tmp_path / "good"), groups, groups, harm, tmp_path / "harmed")
    assert round(state.best, 4) == _history(tmp_path / "harmed")[0]["valid_loss"]
    before, after = (tmp_path / name / "model.safetensors" for name in ("good", "harmed"))
    assert before.read_bytes() == after.read_bytes()


def test_a_run_that_has_ended_is_not_begun_anew_by_resuming(base: Path, tmp_path: Path) -> None:
    groups = animal_groups()
    train_pair(tiny_start(base), groups, groups, RECIPE, tmp_path)
    with pytest.raises(InputError, match=r"its run has ended.*--base"):
        train_pair(tiny_start(base), groups, groups, RECIPE, tmp_path, resume=True)


@pytest.mark.parametrize(
    ("what", "learns"),
    [
        ("none", {"embeddings", "layer.0", "layer.1", "span_head"}),
        ("embeddings", {"layer.0", "layer.1", "span_head"}),
        ("layers:1", {"layer.1", "span_head"}),
        ("all", {"span_head"}),
    ],
)
def test_what_is_frozen_stays(base: Path, tmp_path: Path, what: str, learns: set[str]) -> None:
    begun = tiny_start(base)
    before = {name: p.detach().clone() for name, p in begun.network.named_parameters()}
    recipe = dataclasses.replace(RECIPE, epochs=1, freeze=what)
    train_pair(begun, animal_groups(), animal_groups(), recipe, tmp_path)
    parts = {"embeddings", "layer.0", "layer.1", "span_head"}
    moved = {
        part
        for part in parts
        for name, p in begun.network.named_parameters()
        if part in name and not torch.equal(p, before[name])
    }
    assert moved == learns


def test_merged_adapters_say_what_they_said(base: Path, tmp_path: Path) -> None:
    begun = tiny_start(base)
    recipe = dataclasses.replace(RECIPE, lora=2, lr=1e-2)
    train_pair(begun, animal_groups(), animal_groups(), recipe, tmp_path)
    ids = torch.randint(1000, 2000, (2, 12))
    given = ids, torch.ones_like(ids), torch.zeros_like(ids)
    begun.network.eval()
    whole = merged(begun.network)
    assert not any("lora_" in name for name, _ in whole.named_parameters())
    fresh = tiny_start(base).network.eval()
    with torch.inference_mode():
        adapted, plain, bare = begun.network(*given), whole(*given), fresh(*given)
    torch.testing.assert_close(plain, adapted, atol=1e-4, rtol=1e-3)
    assert not torch.allclose(bare["start"], adapted["start"], atol=1e-2)
    assert (
        start(tmp_path, seed=0, dropout=0.0).network.state_dict().keys()
        == fresh.state_dict().keys()
    )


@pytest.mark.parametrize("rank", [0, 2])
def test_what_is_to_be_remembered_changes_less(base: Path, tmp_path: Path, rank: int) -> None:
    old, questions = tmp_path / "old", _questions(tmp_path)
    known = animal_groups()
    train_pair(tiny_start(base), known, known, RECIPE, old)
    text = "By the river the stork eats frogs every day."
    other = [Group("what eats frogs?", (Candidate(PassageText("", text), False, ((17, 22),)),))] * 4
    recipe = dataclasses.replace(RECIPE, lora=rank, lr=1e-2)
    drift = {}
    for name, remembered in (("alone", []), ("beside", to_remember(questions))):
        begun = tiny_start(old)
        before = copy.deepcopy(begun.network)
        train_pair(begun, other, other, recipe, tmp_path / name, remembered=remembered)
        told = losses(begun, to_remember(questions), "0", before=before, device="cpu")
        drift[name] = told["drift"].item()
    assert 0 < drift["beside"] < 0.5 * drift["alone"]
    assert {"train_drift", "valid_drift"} <= _history(tmp_path / "beside")[-1].keys()


@pytest.mark.parametrize("kind", ["bert", "roberta", "electra", "distilbert", "mpnet"])
@pytest.mark.parametrize("rank", [0, 2])
def test_any_body_of_the_family_becomes_a_pair_model(tmp_path: Path, kind: str, rank: int) -> None:
    tiny_models.save(tmp_path / "base", kind, "mean", initializer_range=0.05)
    begun = tiny_start(tmp_path / "base")
    recipe = dataclasses.replace(RECIPE, lora=rank, dropout=0.1)
    train_pair(begun, animal_groups(), animal_groups(), recipe, tmp_path / "out")
    losses = [row["valid_loss"] for row in _history(tmp_path / "out")]
    assert min(losses) < losses[0]
    card = judge_card(tmp_path / "out")
    export(card, tmp_path, precision="fp32")
    passages = [c.passage for group in animal_groups() for c in group.candidates]
    windows = begun.tokens.windows("what does the otter eat?", passages, heading=card.heading)
    ours = judge.outputs(OnnxRuntime(tmp_path / "model.onnx", threads=1), windows)
    theirs = judge.outputs(TorchRuntime(network(card), device="cpu"), windows)
    for one, two in zip(ours, theirs, strict=True):
        assert set(one) == set(two) == {"relevance", "start", "end"}
        for name in one:
            np.testing.assert_allclose(one[name], two[name], atol=2e-4)


@pytest.mark.parametrize("kind", ["electra", "mpnet"])
def test_of_a_frozen_body_only_the_heads_learn(tmp_path: Path, kind: str) -> None:
    tiny_models.save(tmp_path, kind, "mean")
    net = tiny_start(tmp_path).network
    freeze(net, "all")
    learning = {name for name, p in net.named_parameters() if p.requires_grad}
    assert {name.split(".")[0] for name in learning} == {"span_head", "relevance_head"}


def test_only_adapters_and_heads_learn(base: Path) -> None:
    net = tiny_start(base).network
    adapt(net, rank=2, seed=0)
    learning = [name for name, p in net.named_parameters() if p.requires_grad]
    assert all("lora_" in name or "head" in name for name in learning)
    assert sum("lora_" in name for name in learning) == 2 * 2 * 6  # A and B, layers, linear maps


def test_the_rate_rises_and_falls() -> None:
    recipe = Recipe(warmup=0.1)
    assert [rate(recipe, done=done) for done in (0, 0.05, 0.1, 0.55, 1)] == [
        0,
        0.5,
        1,
        pytest.approx(0.5),
        0,
    ]
    assert rate(Recipe(warmup=0.0), done=0) == 1


def test_the_commands_work(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_local.cli.progress.PAUSE", 0.0)
    data, made = _questions(tmp_path), tmp_path / "made"
    run = CliRunner().invoke
    arguments = ["pair", str(data), "--base", str(base), "--out", str(made), "--epochs", "1"]
    result = run(main, [*arguments, "--task", "rank", "--threads", "1"])
    assert result.exit_code == 0, result.output
    assert "training 1 of" in result.output
    again = ["pair", str(data), "--out", str(tmp_path / "again"), "--remember", str(data)]
    result = run(main, [*again, "--base", str(made), "--epochs", "1", "--threads", "1"])
    assert result.exit_code == 0, result.output
    result = run(main, [*again, "--base", str(base)])
    assert result.exit_code == 2
    assert re.fullmatch(r".*--remember: .* bare encoder.*leave --remember out.*\n", result.output)
    result = run(main, ["export", str(made), "--out", str(tmp_path / "graph")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "graph" / "model.onnx").is_file()
    result = run(main, [*arguments, "--task", "read"])
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1


def test_an_encoder_learns_pairs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "encoder", tmp_path / "out"
    tiny_models.sentence_folder(folder, "bert", "mean")
    groups = animal_groups()
    capfd.readouterr()  # what making the folder has said
    report = train_encoder(
        folder, groups, groups, out, epochs=24, batch=8, lr=1e-2, max_tokens=16, quiet=True
    )
    assert report["after"] > report["before"]
    assert capfd.readouterr() == ("", "")
    trained = load_encoder(str(out), device="cpu")
    assert trained.encode(["a heron"]).shape == (1, 32)
    assert trained.max_tokens == load_encoder(str(folder), device="cpu").max_tokens


def test_an_encoder_learns_from_others_how_like_texts_are(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    """No word of which passage is right: two teachers hold that words make texts alike."""
    folder, out = tmp_path / "encoder", tmp_path / "out"
    tiny_models.sentence_folder(folder, "bert", "mean")
    groups = animal_groups()
    texts = sorted({each.passage.text for group in groups for each in group.candidates})

    def apart(pupil: Encoder) -> float:
        mine, theirs = (each.encode(texts) for each in (pupil, encoder))
        corner = np.triu_indices(len(texts), 1)
        return float(np.corrcoef((mine @ mine.T)[corner], (theirs @ theirs.T)[corner])[0, 1])

    train_encoder(
        folder, groups, groups, out, epochs=12, batch=8, lr=1e-2, max_tokens=16, quiet=True,
        teachers=[encoder, encoder],
    )  # fmt: skip
    before, after = (load_encoder(str(each), device="cpu") for each in (folder, out))
    assert apart(after) > apart(before) + 0.2


def test_a_teacher_that_is_not_there_is_said(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"query": "a", "positive": "b"}\n' * 40)
    tried = ["encoder", str(rows), "--base", "bundled", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, [*tried, "--teacher", "no-such-model"])
    assert result.exit_code == 2
    assert "no-such-model" in result.output
    assert len(result.output.strip().splitlines()) == 1


def _stop(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("half a file", "not a checkpoint"),
        ("cut short", "not a checkpoint"),
        ("a model", "not a checkpoint"),
        ("a tensor gone", "not those of this network"),
        ("another shape", "not those of this network"),
    ],
)
def test_what_is_no_checkpoint_is_said_in_one_line(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str, message: str
) -> None:
    groups, path = animal_groups(), tmp_path / CHECKPOINT
    recipe = dataclasses.replace(RECIPE, save=0.0)
    with monkeypatch.context() as patched:
        patched.setattr(loop, "remove", _stop)  # the run ends, its last checkpoint stays
        with pytest.raises(KeyboardInterrupt):
            train_pair(tiny_start(base), groups, groups, recipe, tmp_path)
    with safe_open(path, framework="pt") as file:
        told = file.metadata()
    tensors, data = load_file(path), path.read_bytes()
    match damage:
        case "half a file":
            path.write_bytes(b"half a file")
        case "cut short":
            path.write_bytes(data[:-100])
        case "a model":
            path.write_bytes((base / "model.safetensors").read_bytes())
        case "a tensor gone":
            del tensors["exp_avg/span_head.bias"]
            save_file(tensors, path, told)
        case "another shape":
            save_file(tensors | {"weight/span_head.bias": torch.ones(1)}, path, told)
    with pytest.raises(InputError, match=f"{message}.*without --resume$") as caught:
        train_pair(tiny_start(base), groups, groups, recipe, tmp_path, resume=True)
    assert "\n" not in str(caught.value)


def test_after_ctrl_c_it_is_said_how_to_go_on(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, made = CliRunner().invoke, tmp_path / "made"
    pair = f"pair {_questions(tmp_path)} --base {base} --out {made} --epochs 1 --threads 1"
    pair += " --task rank"
    with monkeypatch.context() as patched:
        patched.setattr("lepton_local.cli.train.Progress.__call__", _stop)
        for typed in (pair, f"{pair} --resume"):
            result = run(main, shlex.split(typed))
            assert result.exit_code == 130
            assert result.stderr == (
                f"lepton-train: stopped; the best weights so far, if any, are in {made}."
                f" To go on: lepton-train {pair} --resume\n"
            )
    assert run(main, shlex.split(f"{pair} --resume")).exit_code == 0
    monkeypatch.setattr("lepton_local.models.resolve.resolve", _stop)
    export = f"export {made} --out {tmp_path}"
    assert run(main, shlex.split(export)).stderr == (
        "lepton-train: stopped; nothing of this run is kept."
        f" To begin again: lepton-train {export}\n"
    )
