"""Frames (JSON, text) that no parser would give, but a parser that was taken over might."""

from __future__ import annotations

import json


def _document(**fields: object) -> bytes:
    whole: dict[str, object] = {"kind": "document", "title": "t", "key": "", "titled": True}
    whole |= {"marks": [], "begin": 0, "exact": True, "language": "en", "format": "text"}
    return json.dumps({**whole, "metadata": {}, **fields}).encode()


FORGED: dict[str, tuple[bytes, bytes]] = {
    "whole": (_document(), b"words"),  # what is whole is taken, whoever wrote it
    "nested": (b"[" * 200_000, b""),
    "list": (b"[]", b""),
    "nameless": (b"{}", b""),
    "huge": (_document(begin=10**30), b"words"),
    "infinite": (_document(begin=float("inf")), b"words"),
    "beyond": (_document(marks=[[6, "page 2"]]), b"words"),
    "before": (_document(marks=[[-1, "page 0"]]), b"words"),
    "half": (_document(title="\ud800"), b"words"),
    "label": (_document(marks=[[0, "\udfff"]]), b"words"),
    "bytes": (_document(), b"\xff\xfe"),
    "metadata": (_document(metadata=[1]), b"words"),
    "elsewhere": (b'{"kind": "refused", "path": "/etc/passwd", "reason": "x"}', b""),
    "beside": (b'{"kind": "failed", "path": "b.txt", "reason": "x"}', b""),
    "unread": (b'{"kind": "refused", "path": "a.txt#\\ud800", "reason": "x"}', b""),
    "end": (b'{"kind": "end"}', b""),
    "digits": (b'{"kind": ' + b"9" * 10_000 + b"}", b""),
}
