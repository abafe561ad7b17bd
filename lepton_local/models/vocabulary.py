"""What a tokenizer.json of a folder that somebody handed over may ask of the tokenizers library.

The library does what the file says, so a file can make it work for ever: normalisers that double a
text thirty times over, patterns that try every way to match, words without a limit of length.
Whatever real models need is allowed; anything else is refused before a text is cut.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lepton_local.errors import ModelError
from lepton_local.models.folder import is_number, read_json

MOST = 128 << 20  # bytes of a tokenizer.json
_GROWTH = 32  # times as long as it was that a text may become
_WORD = 200  # characters of a word that WordPiece tries to cut, and of a piece of Unigram
_STEPS = 32  # of normalising and of splitting
_PIECE = 256  # bytes that one character may be mapped to

_NORMALIZERS = {
    *("BertNormalizer", "ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt"),
    *("Precompiled", "Prepend", "Replace", "Sequence", "Strip", "StripAccents"),
}
_SPLITTERS = {
    *("BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "FixedLength", "Metaspace"),
    *("Punctuation", "Sequence", "Split", "UnicodeScripts", "Whitespace", "WhitespaceSplit"),
}
_MODELS = {"WordPiece", "BPE", "Unigram", "WordLevel"}
# A pattern without repetition takes a time that is bounded; these, of known models, do too.
_REPEATED = frozenset("*+{?")
_PATTERNS = {
    *(" {2,}", r"\s+", r"\s{2,}", r"\p{N}+", r"\d+", r"[^\s]+", r"\w+|[^\w\s]+"),
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]""",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
}


def check_vocabulary(path: Path) -> int:
    """The highest number of a piece; ModelError for a tokenizer.json that could take the library
    for ever.
    """
    told = read_json(path, most=MOST)
    try:
        growth = math.prod(_growth(each) for each in _parts(told.get("normalizer"), _NORMALIZERS))
        if growth > _GROWTH:
            raise ValueError(f"a text may become {growth:.3g} times as long")
        for each in _parts(told.get("pre_tokenizer"), _SPLITTERS):
            _pattern(each.get("pattern"))
        model = told["model"]
        if model.get("type", "BPE") not in _MODELS:
            raise ValueError(f"a model of type {model['type']!r:.40}")
        longest = model.get("max_input_chars_per_word", 100)
        if not is_number(longest) or longest > _WORD:
            raise ValueError(f"words of {longest!r:.40} characters")
        if model.get("type") == "Unigram" and any(
            len(piece) > _WORD for piece, _ in model["vocab"]
        ):
            raise ValueError(f"a piece of more than {_WORD} characters")
        own, added = model["vocab"], told.get("added_tokens") or []
        numbers = own.values() if isinstance(own, dict) else (len(own) - 1,)
        return max(map(int, (0, *numbers, *(each["id"] for each in added))))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{path}: not a tokenizer that is known to end ({str(error) or type(error).__name__})",
            advice="use the tokenizer.json that the model was published with",
        ) from error


def _parts(told: Any, known: set[str]) -> Iterator[Mapping[str, Any]]:
    """The steps of a normaliser or a splitter, of those nested in it too; ValueError for an unknown
    one, or for too many.
    """
    waiting, seen = [told] if told else [], 0
    while waiting:
        each, seen = waiting.pop(), seen + 1
        kind = each["type"]
        if kind not in known:
            raise ValueError(f"a step of type {kind!r:.40}")
        if seen > _STEPS:
            raise ValueError(f"more than {_STEPS} steps")
        if kind == "Sequence":
            waiting += each.get("normalizers") or each.get("pretokenizers") or []
        yield each


def _growth(step: Mapping[str, Any]) -> float:
    """How many times as long a step of a normaliser may make a text of ten characters or more."""
    if step["type"] == "Prepend":
        return 1 + len(step["prepend"]) / 10
    if step["type"] == "Precompiled":
        return _mapped(base64.b64decode(step["precompiled_charsmap"]))
    if step["type"] == "Replace":
        literal, content = _pattern(step["pattern"]), len(step["content"])
        return max(content / len(literal), 1) if literal else 1 + content
    return 1


def _mapped(table: bytes) -> float:
    """Check SentencePiece's table of characters: a tree, then what its leaves stand for, each ended
    by a zero byte.
    """
    if table:
        size = int.from_bytes(table[:4], "little")
        if max(map(len, table[4 + size :].split(b"\0"))) > _PIECE:
            raise ValueError(f"a character that becomes more than {_PIECE} bytes")
    return 1


def _pattern(told: Any) -> str:
    """The words that a pattern looks for, none for a regular expression; ValueError for one that is
    not known.
    """
    if told is None:
        return ""
    if "String" in told:
        return str(told["String"])
    expression = str(told["Regex"])
    if expression not in _PATTERNS and not _REPEATED.isdisjoint(expression):
        raise ValueError(f"the pattern {expression[:60]!r} is none of those that are known")
    return ""
