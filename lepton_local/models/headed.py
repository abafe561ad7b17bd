"""What an encoder reads of a passage: the end of its heading path, and its text."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_local.models.roles import Encoder

# Word pieces kept for the heading path in front of a passage, and for the two that frame every
# input.
HEADING_TOKENS = 48
FRAME_TOKENS = 2


def room(encoder: Encoder) -> int:
    """Word pieces that an encoder reads of a passage, beside its heading path."""
    return encoder.max_tokens - FRAME_TOKENS - _heading_tokens(encoder)


def encoded_texts(headings: Sequence[str], texts: Sequence[str], encoder: Encoder) -> list[str]:
    """What the encoder reads of passages: the last few word pieces of the heading path, and the
    text. `texts` are without their rules.
    """
    short = {heading: _shortened(heading, encoder) for heading in set(headings)}
    return [
        f"{short[heading]}\n{text}" if heading else text
        for heading, text in zip(headings, texts, strict=True)
    ]


def _shortened(heading: str, encoder: Encoder) -> str:
    pieces, most = encoder.spans(heading), _heading_tokens(encoder)
    return heading[int(pieces[-most][0]) :] if len(pieces) > most else heading


def _heading_tokens(encoder: Encoder) -> int:
    """Word pieces kept for the heading path; no more than the half of what an encoder reads."""
    return max(1, min(HEADING_TOKENS, (encoder.max_tokens - FRAME_TOKENS) // 2))
