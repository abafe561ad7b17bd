"""What a model's scores are worth: fitted on questions, kept beside the weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from lepton_local.cli.train import main
from lepton_local.errors import InputError, ModelError
from lepton_local.indexing import builder
from lepton_local.models.calibration import (
    Answer,
    Calibration,
    Rerank,
    Signs,
    read_calibration,
    strength,
)
from lepton_local.models.load import load_reader
from lepton_local.search import fuse
from lepton_local.search.answer import probabilities
from lepton_local.train.calibrate import Judged, best_spans, fit, summary, threshold
from tests.tiny_models import save


def questions(rng: np.random.Generator, number: int, truth: Answer) -> list[Judged]:
    """Questions whose right span is drawn with the probabilities that `truth` gives."""
    rows = []
    for _ in range(number):
        signs = [
            Signs(float(gain), float(score), other=float(other))
            for gain, score, other in zip(
                rng.normal(0, 6, 8), rng.uniform(0.2, 0.9, 8), rng.integers(0, 2, 8), strict=True
            )
        ]
        shares = probabilities([strength(truth, each) for each in signs])
        drawn = rng.choice(9, p=[*shares, 1 - shares.sum()])
        rows.append(Judged(np.array(signs), np.arange(8) == drawn))
    return rows


def test_a_calibration_is_found_again_from_what_it_predicts() -> None:
    truth = Answer(gain=0.5, score=6.0, other=-2.0, bias=-6.0)
    rows = questions(np.random.default_rng(3), 4000, truth)
    found = fit(rows)
    assert found.gain == pytest.approx(truth.gain, rel=0.1)
    assert found.score == pytest.approx(truth.score, rel=0.1)
    assert found.other == pytest.approx(truth.other, rel=0.1)
    assert found.named == Answer().named  # which no question told anything of
    assert found.bias == pytest.approx(truth.bias, rel=0.1)
    sure, right = best_spans(rows, found)
    assert sure.mean() == pytest.approx(right.mean(), abs=0.02)
    assert "calibration error 0.0" in summary(rows, found)


def test_the_threshold_keeps_answers_that_are_worth_their_mistakes() -> None:
    sure = np.array([0.2] * 10 + [0.6] * 10 + [0.9] * 10)
    right = np.array([True] + [False] * 9 + [True] * 5 + [False] * 5 + [True] * 9 + [False])
    assert 0.2 < threshold(sure, right) <= 0.6


def test_too_few_questions_are_refused() -> None:
    rows = questions(np.random.default_rng(3), 20, Answer())
    with pytest.raises(InputError, match="expected some of at least 40"):
        fit(rows)


def test_probabilities_leave_room_for_no_answer() -> None:
    one, other = probabilities([0.0, 0.0])
    assert one == other == pytest.approx(1 / 3)
    assert probabilities([800.0, 0.0])[0] == pytest.approx(1.0)
    assert probabilities([-800.0])[0] == pytest.approx(0.0)
    assert len(probabilities([])) == 0


def test_a_judge_weighs_what_its_calibration_says() -> None:
    fused, logits = np.array([0.5, 0.4, 0.3]), np.array([-8.0, 8.0])
    assert fuse.judged(fused, logits, how=Rerank(share=0.0)).tolist() == [0.5, 0.4, 0.3]
    how = Rerank(share=0.5, temperature=1.0, certain=-50)
    assert fuse.judged(fused, logits, how=how) == pytest.approx([0.25, 0.7, 0.15], abs=1e-3)


def test_a_judge_that_finds_nothing_relevant_is_not_believed() -> None:
    fused, how = np.array([0.5, 0.4]), Rerank(share=0.5, temperature=1.0, certain=5)
    unsure = fuse.judged(fused, np.array([-8.0, -4.0]), how=how)
    assert unsure == pytest.approx(fused, abs=1e-3)
    half = fuse.judged(fused, np.array([-8.0, 5.0]), how=how)
    assert half == pytest.approx([0.375, 0.3 + 0.25 * 0.993], abs=1e-3)


def test_a_model_folder_carries_its_calibration(tmp_path: Path) -> None:
    save(tmp_path / "reader", "bert", "spans")
    assert load_reader(str(tmp_path / "reader"), device="cpu").calibration == Calibration()
    told = Calibration(answer=Answer(threshold=0.7))
    (tmp_path / "reader" / "calibration.json").write_text(json.dumps(told.record()))
    assert load_reader(str(tmp_path / "reader"), device="cpu").calibration == told


@pytest.mark.parametrize("told", ["[]", '{"answer": {"slope": 1}}', '{"rerank": {"share": "x"}}'])
def test_a_calibration_that_is_none_is_named(tmp_path: Path, told: str) -> None:
    (tmp_path / "calibration.json").write_text(told)
    with pytest.raises(ModelError, match=r"calibration\.json.*lepton-train\s+calibrate"):
        read_calibration(tmp_path)


def test_the_command_fits_a_reader_to_an_index(tmp_path: Path) -> None:
    """Here with a network that knows nothing: its calibration must say so."""
    (tmp_path / "notes").mkdir()
    asked = []
    for number in range(24):
        text = f"The heron number {number} was ringed in the year {1900 + number} by the lake."
        (tmp_path / "notes" / f"heron {number}.txt").write_text(text)
        year = str(1900 + number)
        entry = {
            "id": str(number),
            "question": f"when was the heron number {number} ringed?",
            "answers": [{"text": year, "answer_start": text.index(year)}],
        }
        paragraph = {"context": text, "qas": [entry]}
        asked.append({"title": f"heron {number}", "paragraphs": [paragraph]})
    (tmp_path / "questions.json").write_text(json.dumps({"data": asked}))
    save(tmp_path / "model", "bert", "spans")
    builder.build(tmp_path / "notes", tmp_path / "index")
    given = [str(tmp_path / "model"), str(tmp_path / "questions.json")]
    result = CliRunner().invoke(main, ["calibrate", *given, "--index", str(tmp_path / "index")])
    assert result.exit_code == 0, result.output
    assert "now: calibration error" in result.output
    assert read_calibration(tmp_path / "model").answer != Answer()
