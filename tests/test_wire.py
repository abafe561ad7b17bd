"""What a parser gives arrives as it was."""

from __future__ import annotations

import io
from dataclasses import fields

from lepton_local.corpus.wire import Documents, pack, read_frame, write_frame
from lepton_local.types import Document, Mark, Source


def test_documents_arrive_as_they_were() -> None:
    """Every field, but for half of a pair, which JSON can bring in and no index can hold."""

    def made(half: str) -> Document:
        return Document(
            source,
            f"text{half}\x00\U0001f9a6",
            title=f"{half}title",
            key="a#b",
            titled=True,
            marks=(Mark(0, "page 1"), Mark(3, f"## {half}")),
            exact=True,
            language="zh",
            metadata={"author": "\u202e"},
        )

    source = Source("/root", "a.txt", 1, 2, "sha256:x")
    document = made("\ud800")
    stream = io.BytesIO()
    write_frame(stream, pack(document), document.text)
    stream.seek(0)
    frame = read_frame(stream, 1000)
    assert frame.size == len(stream.getvalue())
    documents = Documents(source)
    documents.add(frame)
    documents.add(frame)
    assert list(documents) == [made("\ufffd")] * 2
    assert len(documents) == 2
    assert {each.name for each in fields(Document)} == {"source", "text", *frame.fields}
