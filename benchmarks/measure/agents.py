"""What agents are told, in tokens: the tools themselves, and the replies to questions.

They are counted by the tokenizer of the bundled encoder. It has 30,000 pieces, fewer than those of
large models, which make no more tokens of a text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from mcp import Client
from support.record import HERE, new_record, table, write_json, write_rows

from lepton_local.indexing.builder import build
from lepton_local.models.load import load_encoder
from lepton_local.search.material import BYTES, LEAST_BYTES
from lepton_local.serve import mcp, replies
from lepton_local.serve.live import Live

GUIDE = HERE.parent / "corpora" / "guide"
QUESTIONS = HERE.parent / "tests" / "data" / "guide_questions.json"


def run(work: Path, *, name: str) -> Path:
    """Ask the guide its questions as an agent would; return the record."""
    build(GUIDE, work / "guide")
    live = Live([work / "guide"])
    encoder = load_encoder()

    def tokens(text: str) -> int:
        return len(encoder.spans(text))

    asked = [row["question"] for row in json.loads(QUESTIONS.read_text(encoding="utf-8"))]
    listed = anyio.run(_listed, live)
    rows = [
        {
            "question": question,
            **{
                kind: [tokens(reply.text), tokens(json.dumps(reply.record))]
                for kind, reply in (
                    ("ask", replies.ask(live, question)),
                    ("ask, least bytes", replies.ask(live, question, max_bytes=LEAST_BYTES)),
                    ("search", replies.search(live, question)),
                    ("search, k=50", replies.search(live, question, k=50)),
                )
            },
        }
        for question in asked
    ]
    read = replies.read(live, "indexing.md")
    kinds = [key for key in rows[0] if key != "question"]
    summary: dict[str, Any] = {
        "questions": len(asked),
        "instructions": tokens(replies.instructions(live)),
        "tools": tokens(listed),
        "read": [tokens(read.text), tokens(json.dumps(read.record))],
        **{kind: _spread([row[kind] for row in rows]) for kind in kinds},
    }
    record = new_record(name)
    write_json(record / "summary.json", summary)
    write_rows(record / "questions.jsonl.gz", rows)
    lines = [
        [kind, *(f"{summary[kind][each][at]:,}" for each in ("text", "record") for at in (0, 1))]
        for kind in kinds
    ]
    (record / "summary.md").write_text(
        f"{len(asked)} questions to the guide. The three tools take {summary['tools']:,} tokens,"
        f" the instructions {summary['instructions']}, `read` of a chapter {summary['read'][0]:,}"
        f" and its record {summary['read'][1]}; a reply has at most {BYTES:,} bytes unless more"
        " are asked for.\n\n"
        + table(
            ["tokens of", "text, median", "text, most", "record, median", "record, most"], lines
        ),
        encoding="utf-8",
    )
    return record


async def _listed(live: Live) -> str:
    async with Client(mcp.server(live, version="1")) as client:
        return (await client.list_tools()).model_dump_json(exclude_none=True, by_alias=True)


def _spread(counts: Sequence[Sequence[int]]) -> dict[str, list[int]]:
    """Median and most, of the texts and of the records."""
    found = np.array(counts)
    middle, most = np.median(found, axis=0), found.max(axis=0)
    return {name: [int(middle[at]), int(most[at])] for at, name in enumerate(("text", "record"))}
