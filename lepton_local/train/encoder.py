"""Training of a sentence encoder, with the trainer of its library: contrastive, with its loss, or
taught by other encoders.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from datasets import Dataset  # type: ignore[import-untyped]
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from lepton_local.errors import InputError
from lepton_local.models.roles import Encoder
from lepton_local.store.files import write_json
from lepton_local.train.data import Group
from lepton_local.train.taught import TaughtLoss, Teachers


class _Trainer(SentenceTransformerTrainer):
    """The library's, without what gathers examples for a model card, and shows a bar for it."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """No card is written."""


def train_encoder(
    folder: Path,
    groups: Sequence[Group],
    validation: Sequence[Group],
    out: Path,
    *,
    device: str = "cpu",
    epochs: int = 3,
    batch: int = 16,
    lr: float = 2e-5,
    warmup: float = 0.06,
    weight_decay: float = 0.01,
    max_tokens: int = 256,
    seed: int = 0,
    quiet: bool = False,
    teachers: Sequence[Encoder] = (),
) -> dict[str, float]:
    """Train on (question, relevant passage, hardest other passage) and save the encoder in `out`.

    The other passages of a batch are negatives too (https://arxiv.org/abs/1705.00652); with
    teachers, each is as like the question as they hold it to be (see `taught`). Gives the
    share of held-back questions whose passage comes first among all held-back passages, `before`
    and `after`; where it fell, the encoder that was there is the better one.
    """
    pairs, held = triples(groups), triples(validation)
    if not pairs or not held:
        raise InputError(
            f"{len(pairs)} pairs to learn from and {len(held)} to validate on, expected some of"
            ' each: rows of {"query", "positive"}, or SQuAD questions with an answer'
        )
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(
        str(folder), device=device, local_files_only=True, trust_remote_code=False
    )
    reads = model.max_seq_length
    model.max_seq_length = min(max_tokens, reads or max_tokens)
    before = found_first(model, held)
    hard = all(len(row) == 3 for row in pairs)
    names = ("anchor", "positive", "negative")[: 3 if hard else 2]
    columns: dict[str, list[Any]] = {
        name: [row[place] for row in pairs] for place, name in enumerate(names)
    }
    if teachers:
        columns["label"] = list(range(len(pairs)))
        known = Teachers(teachers, [row[: len(names)] for row in pairs])
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(out / "checkpoints"),
        num_train_epochs=epochs,
        per_device_train_batch_size=batch,
        learning_rate=lr,
        warmup_steps=int(warmup * epochs * len(pairs) / batch),
        weight_decay=weight_decay,
        seed=seed,
        bf16=device == "cuda",
        use_cpu=device == "cpu",
        batch_sampler="no_duplicates",  # a passage is not its own rival
        save_strategy="no",
        report_to="none",
        disable_tqdm=quiet,
    )
    trainer = _Trainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_dict(columns),
        loss=TaughtLoss(model, known) if teachers else MultipleNegativesRankingLoss(model),
    )
    trainer.remove_callback(transformers.PrinterCallback)  # prints figures where no bar is shown
    trainer.train()
    report = {"before": before, "after": found_first(model, held)}
    model.max_seq_length = reads  # what it was shown in training is no limit of the encoder
    model.save_pretrained(str(out), create_model_card=False)
    write_json(out / "report.json", report)
    return report


def triples(groups: Sequence[Group]) -> list[tuple[str, ...]]:
    """(question, relevant passage), and the first irrelevant one if any, of each group."""
    out: list[tuple[str, ...]] = []
    for group in groups:
        positive = [c.passage.text for c in group.candidates if c.relevant]
        negative = [c.passage.text for c in group.candidates if c.relevant is False]
        if positive:
            out.append((group.question, positive[0], *negative[:1]))
    return out


def found_first(model: SentenceTransformer, rows: Sequence[tuple[str, ...]]) -> float:
    """The share of questions whose own passage is nearest, among all the rows' passages."""
    passages = sorted({passage for row in rows for passage in row[1:]})
    place = {passage: number for number, passage in enumerate(passages)}
    asked = _rows(model, [row[0] for row in rows])
    best: list[int] = torch.argmax(asked @ _rows(model, passages).T, dim=1).tolist()
    right = [place[row[1]] == found for row, found in zip(rows, best, strict=True)]
    return sum(right) / len(right)


def _rows(model: SentenceTransformer, texts: list[str]) -> torch.Tensor:
    return model.encode(
        texts, normalize_embeddings=True, convert_to_tensor=True, show_progress_bar=False
    )
