"""A small network that asks: the body of a pair model, taught to write the question of an answer.

    python benchmarks/pair_model/asker.py OUT PAIR MINUTES

OUT is the folder that `diet_more.py` has filled, PAIR a pair model; OUT gets asker/. Passage and
question stand in one row: the passage is read both ways, the question from left to right (UniLM,
https://arxiv.org/abs/1905.03197), and each of its pieces is one of a few thousand or a copy of one
of the passage's (https://arxiv.org/abs/1704.04368). So it writes questions after an hour of two
cores that a reader can learn from, though many of them mean little.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from lepton_local.models.card import judge_card
from lepton_local.models.networks import PairNetwork, network
from lepton_local.train.batches import POOL
from lepton_local.train.loop import Job, run
from lepton_local.train.recipe import Recipe

WORDS = 4000  # pieces that a question may take from elsewhere than the passage
ASKED, SHOWN = 32, 150  # pieces of a question, and of a passage
NEVER = -1e4
STYLES = {  # how a source asks
    "squad_train_partial": 0,
    "squad_train_aligned_extra": 0,
    "nq_oracle_dev_litm": 1,
    "qed_dev": 1,
    "squadshifts_amazon_reviews": 2,
    "squadshifts_reddit": 2,
    "qamr_dev": 3,
    "qamr_test": 3,
}
_NEW = ("marks", "dense", "norm", "out", "asks", "copied")
Kept = tuple[Tensor, Tensor]  # a layer's keys and values


@dataclass(frozen=True, slots=True)
class Item:
    """A passage, where in it the answer stands, how to ask, and the question where it is known."""

    heading: str
    text: str
    answer: tuple[int, int]
    style: int
    question: str = ""


class Asker(nn.Module):
    """Logits over a few thousand pieces and over the passage's places, for each piece to come."""

    def __init__(self, pair: PairNetwork, words: Sequence[int]) -> None:
        super().__init__()
        self.body = pair.body
        width = self.body.config.hidden_size
        table = self.body.embeddings.word_embeddings.weight
        self.marks = nn.Parameter(torch.randn(2 + max(STYLES.values()) + 1, width) * 0.05)
        self.dense, self.norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.out = nn.Linear(width, len(words))
        self.out.weight.data = table.detach()[list(words)].clone()
        self.asks, self.copied = nn.Linear(width, width), nn.Linear(width, width)
        self.register_buffer("words", torch.tensor(list(words)))

    def embed(self, ids: Tensor, places: Tensor, types: Tensor, marks: Tensor) -> Tensor:
        """(rows, tokens, width). Mark 1 says "of the answer", 2 and more how to ask."""
        parts = self.body.embeddings
        summed = (
            parts.word_embeddings(ids)
            + parts.position_embeddings(places)
            + parts.token_type_embeddings(types)
            + self.marks[marks]
        )
        found: Tensor = parts.dropout(parts.LayerNorm(summed))
        return found

    def layers(
        self, x: Tensor, mask: Tensor, before: Sequence[Kept] | None = None
    ) -> tuple[Tensor, list[Kept]]:
        """The hidden states of x (rows, tokens, width), with `before` as the tokens before them."""
        heads = self.body.config.num_attention_heads
        kept: list[Kept] = []
        for number, layer in enumerate(self.body.encoder.layer):
            own = layer.attention.self
            q, k, v = (
                part(x).unflatten(2, (heads, -1)).transpose(1, 2)
                for part in (own.query, own.key, own.value)
            )
            if before is not None:
                k, v = (torch.cat(two, 2) for two in zip(before[number], (k, v), strict=True))
            kept.append((k, v))
            seen = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(q.shape[3]) + mask, -1) @ v
            x = layer.attention.output(seen.transpose(1, 2).flatten(2), x)
            x = layer.output(layer.intermediate(x), x)
        return x, kept

    def heads(self, x: Tensor, passage: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of x (rows, asked, width): of the words, and of the places of a passage."""
        words = self.out(self.norm(functional.gelu(self.dense(x)))).float()
        copies = self.asks(x) @ self.copied(passage).transpose(1, 2) / math.sqrt(x.shape[2])
        return words, copies.float() + (mask[:, None] - 1) * -NEVER


class Pieces:
    """Text to the pieces of a pair model and back."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.first, self.last = (self.tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))

    def question(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return [*ids[: ASKED - 1], self.last]

    def passage(self, item: Item) -> tuple[list[int], list[int]] | None:
        """Pieces around the answer and their marks; None if it does not fit."""
        lead = f"{item.heading}\n" if item.heading else ""
        found = self.tokenizer.encode(lead + item.text, add_special_tokens=False)
        start, end = (place + len(lead) for place in item.answer)
        own = [i for i, (a, b) in enumerate(found.offsets) if a < end and b > start]
        room = SHOWN - 1
        if not own or len(own) > room:
            return None
        low = max(0, min((own[0] + own[-1]) // 2 - room // 2, len(found.ids) - room))
        low = max(min(low, own[0]), own[-1] - room + 1)
        ids = found.ids[low : low + room]
        marks = [int(own[0] <= low + i <= own[-1]) for i in range(len(ids))]
        return [*ids, self.last], [*marks, 0]


def _rows(lists: Sequence[Sequence[int]], fill: int = 0) -> Tensor:
    longest = max(map(len, lists))
    return torch.tensor([[*each, *[fill] * (longest - len(each))] for each in lists])


def _shown(found: Sequence[tuple[list[int], list[int]]]) -> tuple[Tensor, ...]:
    """ids, places, types, marks and mask of passages (rows, tokens)."""
    ids, marks = _rows([ids for ids, _ in found]), _rows([marks for _, marks in found])
    mask = _rows([[1] * len(ids) for ids, _ in found]).float()
    places = torch.arange(ASKED + 2, ASKED + 2 + ids.shape[1]).expand_as(ids)
    return ids, places, torch.ones_like(ids), marks, mask


def loss(asker: Asker, pieces: Pieces, items: Sequence[Item]) -> Tensor:
    """Cross-entropy of the questions' pieces, wherever they may be taken from."""
    both = [(item, found) for item in items if (found := pieces.passage(item)) is not None]
    ids, places, types, marks, mask = _shown([found for _, found in both])
    asked = [pieces.question(item.question) for item, _ in both]
    target = _rows(asked, -1)
    begun = _rows([[pieces.first, *each[:-1]] for each in asked])
    count, length = ids.shape[1], begun.shape[1]
    styles = torch.tensor([item.style + 2 for item, _ in both])[:, None].expand_as(begun)
    x = asker.embed(
        torch.cat([ids, begun], 1),
        torch.cat([places, torch.arange(length).expand_as(begun)], 1),
        torch.cat([types, torch.zeros_like(begun)], 1),
        torch.cat([marks, styles], 1),
    )
    closed = torch.full((len(ids), 1, count + length, count + length), NEVER)
    closed[:, 0, :, :count] = (mask[:, None] - 1) * -NEVER
    closed[:, 0, count:, count:] = torch.full((length, length), NEVER).triu(1)
    hidden, _ = asker.layers(x, closed)
    words, copies = asker.heads(hidden[:, count:], hidden[:, :count], mask)
    table = torch.full((asker.body.config.vocab_size,), -1)
    table[asker.words] = torch.arange(len(asker.words))
    place = table[target.clamp(min=0)]
    taken = words.gather(2, place.clamp(min=0)[:, :, None])[:, :, 0].masked_fill(place < 0, NEVER)
    same = ids[:, None, :] == target[:, :, None]
    copied = copies.masked_fill(~same, NEVER).logsumexp(2)
    all_ = torch.cat([words, copies], 2).logsumexp(2)
    counted = (target >= 0) & ((place >= 0) | same.any(2))
    return ((all_ - torch.logaddexp(taken, copied)) * counted).sum() / counted.sum()


@torch.inference_mode()
def questions(
    asker: Asker, pieces: Pieces, items: Sequence[Item], *, top: float = 0.87, heat: float = 0.7
) -> Iterator[tuple[Item, str]]:
    """Items with questions that end, drawn from the likeliest pieces
    (https://arxiv.org/abs/1904.09751).
    """
    both = [(item, found) for item in items if (found := pieces.passage(item)) is not None]
    ids, places, types, marks, mask = _shown([found for _, found in both])
    closed = ((mask - 1) * -NEVER)[:, None, None]
    passage, kept = asker.layers(asker.embed(ids, places, types, marks), closed)
    styles = torch.tensor([item.style + 2 for item, _ in both])[:, None]
    last = torch.full_like(styles, pieces.first)
    drawn = last[:, :0]
    for place in range(ASKED - 6):
        x = asker.embed(last, torch.full_like(last, place), torch.zeros_like(last), styles)
        open_ = torch.zeros(len(ids), 1, 1, place + 1)
        x, kept = asker.layers(x, torch.cat([closed, open_], 3), kept)
        words, copies = asker.heads(x, passage, mask)
        shares = (torch.cat([words, copies], 2)[:, 0] / heat).softmax(1)
        all_ = torch.zeros(len(ids), asker.body.config.vocab_size)
        all_[:, asker.words] = shares[:, : len(asker.words)]
        all_.scatter_add_(1, ids, shares[:, len(asker.words) :])
        best, which = all_.topk(60, dim=1)
        best = best.masked_fill(best.cumsum(1) - best > top, 0)
        last = which.gather(1, torch.multinomial(best, 1))
        drawn = torch.cat([drawn, last], 1)
    for (item, _), row in zip(both, drawn.tolist(), strict=True):
        if pieces.last in row[4:]:
            yield item, pieces.tokenizer.decode(row[: row.index(pieces.last, 4)])


def load(folder: Path, pair: Path) -> Asker:
    """An asker as `main` left it."""
    weights = load_file(folder / "model.safetensors")
    asker = Asker(network(judge_card(pair)), weights["words"].tolist())
    asker.load_state_dict(weights)
    return asker.eval()


def read(path: Path) -> list[list[Item]]:
    """What is learnt from, by style."""
    styles: list[list[Item]] = [[] for _ in range(max(STYLES.values()) + 1)]
    seen: set[tuple[str, str]] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        key = row["query"].lower().rstrip("? "), row["positive"]
        if row["source"] not in STYLES or not row.get("answers") or key in seen:
            continue
        seen.add(key)
        if 12 <= len(row["query"]) <= 160:
            style = STYLES[row["source"]]
            question = row["query"] if style == 1 else row["query"].rstrip("? ") + "?"
            answer = tuple(row["answers"][0])
            styles[style].append(Item(row["heading"], row["positive"], answer, style, question))
    return styles


def main(out: Path, pair: Path, minutes: float, device: str) -> None:
    torch.set_default_device(device)
    rng = Random(3)
    styles = read(out / "more.jsonl")
    for items in styles:
        rng.shuffle(items)
    squad, natural, posts, short = styles
    mixed = posts[:9000] + short[:6000] + squad[:5000]
    later = squad + natural + posts[9000:11000]
    pieces = Pieces(pair)
    counts = Counter(i for item in mixed + later for i in set(pieces.question(item.question)))
    asker = Asker(network(judge_card(pair)), [i for i, _ in counts.most_common(WORDS)]).to(device)
    asker.body.embeddings.word_embeddings.weight.requires_grad = False
    held, parts = later[:200], [mixed, later[200:], squad + natural]

    def plan(epoch: int) -> list[list[int]]:
        """Places in the epoch's part, batches of like length."""
        del epoch
        batches: list[list[int]] = []
        for first in range(0, len(order), 32 * POOL):
            pool = sorted(order[first : first + 32 * POOL], key=lambda i: len(all_[i].text))
            some = [pool[i : i + 32] for i in range(0, len(pool), 32)]
            rng.shuffle(some)
            batches += some
        return batches

    all_ = [item for part in parts for item in part]
    order = list(range(len(all_)))
    recipe = Recipe(
        epochs=1, lr=3e-4, layer_decay=1.0, warmup=0.05, validate=200, minutes=minutes, dropout=0.1
    )

    def half(items: Sequence[Item]) -> dict[str, Tensor]:
        with torch.autocast(device, torch.bfloat16):
            return {"loss": loss(asker, pieces, items)}

    job = Job(
        network=asker,
        plan=plan,
        loss=lambda batch, _: half([all_[i] for i in batch]),
        validate=lambda: {"loss": float(half(held)["loss"])},
        save=lambda folder: save_file(asker.state_dict(), folder / "model.safetensors"),
    )
    run(job, recipe, out / "asker", progress=None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
