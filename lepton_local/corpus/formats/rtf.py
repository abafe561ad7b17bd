"""RTF: the paragraphs, tables and notes of a document, as a reader of it sees them.

"Rich Text Format (RTF) Specification", version 1.9.1, Microsoft, 2008.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lepton_local.corpus.formats.properties import properties
from lepton_local.corpus.formats.rtf_codecs import CHARSETS, codec_of
from lepton_local.corpus.formats.rtf_text import Flow, whole
from lepton_local.corpus.formats.writer import Writer
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

_TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<byte>[0-9A-Fa-f]{2})"
    r"|\\(?P<sign>[^A-Za-z])|(?P<brace>[{}])|(?P<run>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_GROUP = re.compile(r"\s*(?P<star>\\\*\s*)?\\(?P<word>[A-Za-z]+)")  # what a group is
# Groups of text that is not shown in its place.
_SKIPPED = frozenset(
    "colortbl filetbl listtable listoverridetable revtbl rsidtbl generator pict objdata header "
    "headerl headerr headerf footer footerl footerr footerf ftnsep ftnsepc ftncn aftnsep aftnsepc "
    "aftncn xe tc rxe txe bkmkstart bkmkend fldinst annotation atnid atnauthor atnref atndate "
    "datafield themedata colorschememapping latentstyles datastore xmlnstbl mmathPr shprslt sp "
    "nonesttables nonshppict comment subject keywords category company manager operator doccomm "
    "hlinkbase printim buptim template background formfield fontemb falt panose".split()
)
_ENTERED = frozenset(("shpinst",))  # of the groups that `\*` lets older readers skip
_PLACES = {
    **dict.fromkeys(("footnote", "shptxt"), "note"),
    **dict.fromkeys(("listtext", "pntext"), "item"),
    **{name: name for name in ("fonttbl", "stylesheet", "info")},
}
_FIELDS = frozenset("title author creatim revtim".split())  # of the group `info`
_LETTERS = {
    "~": " ",
    "_": "-",
    "tab": "\t",
    "line": "\n",
    "emdash": "\u2014",
    "endash": "\u2013",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "bullet": "\u2022",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
}


def parse_rtf(source: Source, data: bytes) -> Iterator[Document]:
    """One document. Its title: the paragraph in the style "Title", the properties', or the first
    heading.
    """
    if not data.lstrip().startswith(b"{\\rtf"):
        raise SourceError("malformed RTF: it begins otherwise than with {\\rtf")
    writer = Writer()
    reader = _Reader(Flow(writer))
    reader.read(data.decode("latin-1"))
    fields = {name: whole(words) for name, words in reader.fields.items()}
    about = properties(
        fields.get("title", ""),
        authors=fields.get("author", "").split(";"),
        dates=(fields.get("revtim", ""), fields.get("creatim", "")),
    )
    title = reader.flow.title or about.title or reader.flow.heading
    yield writer.document(source, title, about.metadata())


@dataclass(frozen=True, slots=True)
class _State:
    """What holds until the closing brace of a group. `place` is where its words go: body, note,
    item, fonttbl, stylesheet, info, one of its fields, or skip.
    """

    place: str = "body"
    codec: str = ""  # of the font; "": the document's
    is_hidden: bool = False
    fallback: int = 1  # characters after `\u` that stand for it in older readers


class _Reader:
    """Reads the tokens of a file, and hands on the words that are shown."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.fields: dict[str, list[str]] = {}  # of the group `info`: their words
        self._state = _State()
        self._stack: list[_State] = []
        self._codec = "cp1252"
        self._default = 0  # number of the font without `\f`
        self._fonts: dict[int, str] = {}
        self._entry = 0  # of the font table or the style sheet, which is being read
        self._bytes = bytearray()  # of characters, which may have two each
        self._skipped = 0  # characters still to come that stand for a `\u`

    def read(self, text: str) -> None:
        """All of a file, its bytes as Latin-1 characters."""
        at = 0
        while match := _TOKEN.match(text, at):
            at = match.end()
            if match["run"] is not None:
                self._run(match["run"])
            elif match["byte"] is not None:
                self._run(chr(int(match["byte"], 16)))
            elif match["sign"] is not None and match["sign"] in "\\{}":
                self._run(match["sign"])
            elif match["brace"] == "{":
                self._flush()
                self._open(_GROUP.match(text, at))
            elif match["brace"] == "}":
                self._flush()
                self._close()
                if not self._stack:
                    break  # what follows is not the document's
            elif match["sign"] is not None:
                self._flush()
                self._word("par" if match["sign"] in "\r\n" else match["sign"], None)
            elif match["word"] == "bin":
                at += max(0, int(match["number"] or 0))
            elif match["word"] is not None:
                self._flush()
                self._word(match["word"], int(match["number"]) if match["number"] else None)
        self._flush()
        while self._stack:  # of a file that was cut
            self._close()
        self.flow.end()

    def _run(self, text: str) -> None:
        skipped = min(self._skipped, len(text))
        self._skipped -= skipped
        self._bytes += text[skipped:].encode("latin-1")

    def _flush(self) -> None:
        self._skipped = 0
        if self._bytes:
            text = self._bytes.decode(self._state.codec or self._codec, "replace")
            self._bytes.clear()
            self._say(text)

    def _say(self, text: str) -> None:
        place = self._state.place
        if place in ("body", "note", "item"):
            if not self._state.is_hidden:
                self.flow.say(text)
        elif place == "stylesheet":
            self.flow.name_style(self._entry, text)
        elif place in _FIELDS:
            self.fields.setdefault(place, []).append(text)

    def _open(self, group: re.Match[str] | None) -> None:
        self._stack.append(self._state)
        outer = place = self._state.place
        self._entry = 0 if outer == "stylesheet" else self._entry
        if group is not None and outer != "skip":
            word = group["word"]
            if outer == "info":
                place = word if word in _FIELDS else "skip"
            elif word in _PLACES:
                place = _PLACES[word]
            elif word in _SKIPPED or (group["star"] and word not in _ENTERED):
                place = "skip"
        if place != outer and place in ("note", "item"):
            self.flow.open()
        self._state = replace(self._state, place=place)

    def _close(self) -> None:
        place = self._state.place
        self._state = self._stack.pop()
        if place != self._state.place and place in ("note", "item"):
            self.flow.close(is_item=place == "item")

    def _word(self, word: str, number: int | None) -> None:
        state, flow = self._state, self.flow
        if word in _LETTERS:
            self._say(_LETTERS[word])
        elif word == "u" and number is not None:
            self._say(chr(number % 0x10000))
            self._skipped = state.fallback
        elif word == "uc":
            self._state = replace(state, fallback=number or 0)
        elif word in ("v", "deleted"):
            self._state = replace(state, is_hidden=number != 0)
        elif word == "plain":
            codec = self._fonts.get(self._default, "")
            self._state = replace(state, is_hidden=False, codec=codec)
        elif word == "f" and state.place == "fonttbl":
            self._entry = number or 0
        elif word == "f":
            self._state = replace(state, codec=self._fonts.get(number or 0, ""))
        elif word == "fcharset":
            self._fonts[self._entry] = CHARSETS.get(number or 0, "")
        elif word == "deff":
            self._default = number or 0
        elif word in ("ansicpg", "mac", "pc", "pca"):
            self._codec = codec_of(word, number)
        elif word in ("yr", "mo", "dy") and state.place in _FIELDS:
            self._say(f"-{number or 0:02}" if word != "yr" else str(number or 0))
        elif word == "s" and state.place == "stylesheet":
            self._entry = number or 0
        elif state.place in ("body", "note"):
            flow.control(word, number)
