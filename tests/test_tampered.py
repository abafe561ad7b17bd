"""Model folders that somebody handed over: whatever stands in one, it is refused in a line, and
soon; no code of it runs.
"""

from __future__ import annotations

import base64
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lepton_local.errors import ModelError
from lepton_local.models.load import load_encoder, load_reader
from lepton_local.models.roles import PassageText
from lepton_local.models.vocabulary import check_vocabulary
from tests import tiny_models
from tests.tampering import ENCODER, READER

ROOT = Path(__file__).parent.parent
SECONDS = 60  # most take a twentieth of one

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader and an encoder as they should be."""
    home = tmp_path_factory.mktemp("whole")
    tiny_models.save(home / "reader", "bert", "spans")
    tiny_models.sentence_folder(home / "encoder", "bert", "mean")
    return home


@pytest.fixture
def soon() -> Iterator[None]:
    """No more than so many seconds."""

    def late(*_: object) -> None:
        raise TimeoutError(f"not done in {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _refused(load: Callable[[], object]) -> None:
    with pytest.raises(ModelError) as caught:
        load()
    told = str(caught.value)
    assert "\n" not in told
    assert len(told) < 700


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("case", READER)
def test_a_reader_that_was_tampered_with(whole: Path, tmp_path: Path, case: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(whole / "reader", folder)
    READER[case](folder)
    _refused(
        lambda: load_reader(str(folder), device="cpu").read("a heron?", [PassageText("", "heron")])
    )


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("case", ENCODER)
def test_an_encoder_that_was_tampered_with(whole: Path, tmp_path: Path, case: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(whole / "encoder", folder)
    ENCODER[case](folder)
    _refused(lambda: load_encoder(str(folder), device="cpu").encode(["a heron"]))


def test_untouched_they_load(whole: Path) -> None:
    reader = load_reader(str(whole / "reader"), device="cpu")
    assert len(reader.read("a heron?", [PassageText("", "heron")])) == 1
    assert load_encoder(str(whole / "encoder"), device="cpu").encode(["a heron"]).shape == (1, 32)


GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TABLE = base64.b64encode(b"\x04\0\0\0trie" + "ﬁ\0fi\0".encode()).decode()
SPACES = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
PUBLISHED: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "BERT": ([{"type": "BertNormalizer"}], [{"type": "BertPreTokenizer"}]),
    "XLM-RoBERTa": (
        [{"type": "Precompiled", "precompiled_charsmap": TABLE}, SPACES],
        [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁"}],
    ),
    "DeBERTa": ([{"type": "Strip"}, SPACES], [{"type": "Metaspace", "replacement": "▁"}]),
    "GPT-2": ([{"type": "NFC"}], [{"type": "Split", "pattern": {"Regex": GPT2}}]),
    "LLaMA": (
        [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ],
        [{"type": "Split", "pattern": {"String": " "}}],
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_published_tokenizers_do_is_allowed(tmp_path: Path, name: str) -> None:
    normalizers, splitters = PUBLISHED[name]
    told = {
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": splitters},
        "model": {"type": "WordPiece", "vocab": {"[UNK]": 0, "heron": 7}},
        "added_tokens": [{"id": 9, "content": "<s>"}],
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(told))
    assert check_vocabulary(tmp_path / "tokenizer.json") == 9


EVIL = """
import pathlib
pathlib.Path(__file__).with_name("it-ran").touch()
from transformers import PretrainedConfig, PreTrainedModel
class C(PretrainedConfig): model_type = "evil"
class M(PreTrainedModel): config_class = C
"""


@pytest.mark.parametrize("kind", ["evil", "bert"])
def test_no_code_of_a_folder_runs_whatever_is_typed(
    whole: Path, tmp_path: Path, notes: Path, kind: str
) -> None:
    index, told = str(tmp_path / "index"), "AutoConfig AutoModel AutoTokenizer".split()
    told += ["AutoModelForQuestionAnswering", "AutoModelForSequenceClassification"]
    for name in ("reader", "encoder"):
        folder = tmp_path / name
        shutil.copytree(whole / name, folder)
        auto = {each: "evil.C" if each == "AutoConfig" else "evil.M" for each in told}
        auto["AutoTokenizer"] = ["evil.M", "evil.M"]  # type: ignore[assignment]
        tiny_models.edit(
            folder / "config.json", model_type=kind, auto_map=auto, hidden_act="gelu_fast"
        )
        (folder / "tokenizer_config.json").write_text(json.dumps({"auto_map": auto}))
        (folder / "evil.py").write_text(EVIL)
    data = tmp_path / "data.jsonl"
    data.write_text('{"query": "how long", "positive": "forty minutes", "negatives": ["no"]}\n')
    reader, encoder, out = str(tmp_path / "reader"), str(tmp_path / "encoder"), str(tmp_path / "o")
    for module, *arguments in (
        ("index", "build", str(notes), "--out", index),
        ("index", "build", str(notes), "--out", out, "--encoder", encoder),
        ("search", "query", index, "how long?", "--reader", reader),
        ("train", "pair", str(data), "--base", encoder, "--out", out),
        ("train", "encoder", str(data), "--base", encoder, "--out", out),
        ("train", "score", reader, str(data)),
    ):
        done = subprocess.run(
            [sys.executable, "-m", f"lepton_local.cli.{module}", *arguments],
            input="y\n" * 9,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, (arguments, done.stderr)
    assert not list(tmp_path.rglob("it-ran"))
