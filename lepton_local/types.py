"""The nouns that flow through the engine: few, frozen, and without behaviour of their own.

Where there are many of a thing (passages of an index, candidates of a search) they are rows of
Arrow tables and numpy arrays; where there are few (the hits a person reads) they are these
dataclasses. Every offset is a code point of the document's canonical text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lepton_local import shown
from lepton_local.errors import needed
from lepton_local.searched import Condition, Origin, Snapshot, Term

AUTHORS = ("author", "authors")  # what metadata calls who wrote a document
_OF_HITS = ("score", "relevance", "root", "path", "title", "date", "heading", "mark", "line")
_OF_PASSAGES = ("document", "start", "end", "text")
NO_ANSWER = "No answer in these documents."
GUESSES, LEAST_GUESS = 3, 0.15  # how many guesses are shown, and how sure they must be


@dataclass(frozen=True, slots=True)
class Source:
    """A file under a corpus root. `path` is relative to `root`, with `/` on every system."""

    root: str
    path: str
    size: int
    mtime_ns: int
    digest: str = ""  # "sha256:…" of the file's bytes; empty until the file has been read


@dataclass(frozen=True, slots=True)
class Skipped:
    """A source that is not in the index, and why."""

    source: Source
    reason: str
    unreadable: bool = False  # a file or folder that cannot be read now: what is indexed is kept


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that people cite: from `start` on, the text belongs to `label`.

    Labels read "page 3", "slide 2", "cell 4", or "## Install" for a heading, where the number of
    `#` is its level.
    """

    start: int
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a source: canonical text, and the marks in it, sorted by start.

    `exact` says that the text is the decoded file itself, so offsets are the file's own; of a file
    in an archive, or a compressed one, those of the unpacked file. `titled` says that the title
    stands in the document; otherwise it was made from the file's name.
    """

    source: Source
    text: str
    title: str
    key: str = ""  # names one document of many in a source (a row, a message): cited as `path#key`
    titled: bool = False
    marks: tuple[Mark, ...] = ()
    begin: int = 0  # where its text begins: what stands before it is told by the metadata
    exact: bool = False
    language: str = "en"
    format: str = ""  # what it was read as ("markdown"); of an attachment or member, its own
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`path`, or `path#key`."""
        return f"{self.source.path}#{self.key}" if self.key else self.source.path


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one document that is encoded, found and quoted: `text ==
    document.text[start:end]`.
    """

    document: str  # the document's id
    start: int
    end: int
    text: str
    mark: str = ""  # the label of the mark it starts under
    heading: str = (
        ""  # "Title > Section > Subsection": encoded and indexed with the text, never part of it
    )
    line: int = 1  # where `start` is in the canonical text, counted from 1
    column: int = 1
    digest: str = ""  # of heading and text, in hexadecimal digits: its name, wherever it lies


@dataclass(frozen=True, slots=True)
class Vote:
    """What one stage of a search thought of a hit: its rank there (from 1) and its score."""

    stage: str  # dense, lexical, fused, rerank; name, where the question is that of the file
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where else the passage of a hit stands, word for word."""

    index: str
    root: str
    path: str  # relative to the root
    document: str  # the document's id
    mark: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, with the file it stands in; of equal passages the best one."""

    passage: Passage
    source: Source  # as it was when it was indexed
    title: str
    exact: bool  # offsets are those of the decoded file itself
    score: float
    index: str = ""  # the folder of the index that it was found in
    why: tuple[Vote, ...] = ()
    stale: bool = False  # the file has changed, or is gone, since it was indexed
    verified: bool | None = (
        None  # None: not asked; else whether the file still says so, to the character
    )
    also: tuple[Place, ...] = ()  # the other places of the same text, by path and offset
    near: tuple[Place, ...] = ()  # passages that tell the same but leave out or add sentences
    relevance: float = 0.0  # how probably it is what was asked for, 0 to 1, in any mode
    format: str = ""  # what the document was read as: "markdown"
    date: str = ""  # the document's own, else the day its file was last changed; ISO 8601
    metadata: Mapping[str, str] = field(default_factory=dict)  # of the document
    # Where the words stand for which it was found: those that answer, else the first of those that
    # matched, else where the passage begins.
    mark: str = ""
    heading: str = ""  # "Title > Section > Subsection"
    line: int = 1
    column: int = 1
    matches: tuple[tuple[int, int], ...] = ()  # starts and ends of the words that matched
    lines: tuple[tuple[int, str], ...] = ()  # those around `line`, where any were asked for
    like: Passage | None = None  # of a document that others are to be like, what this is like

    @property
    def author(self) -> str:
        """Who wrote the document, as far as it says so."""
        told = {name.lower(): value for name, value in self.metadata.items()}
        return next((told[name] for name in AUTHORS if told.get(name)), "")

    @property
    def root(self) -> str:
        """The folder that `path` is relative to."""
        return self.source.root

    @property
    def path(self) -> str:
        """The file, relative to its root."""
        return self.source.path

    def __str__(self) -> str:
        return f"{self.passage.document}:{self.line}  {self.relevance:.0%}\n{self.passage.text}"

    def _repr_html_(self) -> str:
        about = f"{self.heading or self.title}, {self.relevance:.0%}"
        spans = [[each - self.passage.start for each in span] for span in self.matches]
        return shown.block(f"{self.passage.document}:{self.line}", about, self.passage.text, spans)


@dataclass(frozen=True, slots=True)
class Item:
    """One of several things that answer together, where it stands in the document."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Words that answer the question, and where they stand; `hit` is the passage around them."""

    text: str
    start: int
    end: int
    confidence: float  # probability of being right, 0 to 1
    mark: str
    line: int
    column: int
    quote: str  # the sentence around the words
    hit: Hit
    # Or "sentences": whole ones, the steps of a list, lines of code; or "list": all of `items`.
    kind: str = "phrase"
    items: tuple[Item, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, and how sure it is."""
        mark = f", {self.mark.lstrip('# ')}" if self.mark else ""
        place = f"{self.hit.passage.document}{mark}, {self.line}:{self.column}"
        return f"{place}, {self.confidence:.0%}"

    def __str__(self) -> str:
        return f"{self.text} ({self.place})"

    def _repr_html_(self) -> str:
        return shown.block(self.text, self.place, self.quote)


@dataclass(frozen=True, slots=True)
class Related:
    """A question near the one that was asked. kind: `asked`, which stands in a document, or
    `definition`, which was made of one.
    """

    question: str
    kind: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Meant:
    """One of two things that a question of a talk is as likely about, and what answers it then."""

    words: tuple[str, ...]  # of the talk, that name it
    question: str  # as it was searched
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Result:
    """All that a question gave. `answer` is None when the documents do not say."""

    question: str
    hits: tuple[Hit, ...]
    answer: Answer | None = None
    answers: tuple[Answer, ...] = ()  # further answers, best first
    # Those of `answers` that stand as well as `answer` and contradict it; the newest speaks first.
    conflicts: tuple[Answer, ...] = ()
    related: tuple[Related, ...] = ()  # where they were asked for
    null_confidence: float = 1.0  # probability that the documents do not answer
    standalone: str = ""  # the question as searched, when a conversation rewrote it
    carried: tuple[str, ...] = ()  # words of the talk so far that were asked along with it
    origins: tuple[Origin, ...] = ()  # of each of these, where it was said
    clarify: tuple[Meant, ...] = ()  # two, where either is as likely meant; else none
    terms: tuple[Term, ...] = ()  # its words, in no order that says anything
    conditions: tuple[Condition, ...] = ()  # those that were understood in it, and the filters
    indexes: tuple[Snapshot, ...] = ()  # those that were searched
    corrections: Mapping[str, str] = field(default_factory=dict)  # word asked -> word searched
    notes: tuple[str, ...] = ()  # what a person should know of how the question was treated
    missing: float = 0.0  # share of the passages that could not be searched
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def guesses(self) -> tuple[Answer, ...]:
        """Where nothing is sure enough to be the answer, the few of `answers` worth a look."""
        if self.answer is not None:
            return ()
        return tuple(each for each in self.answers[:GUESSES] if each.confidence >= LEAST_GUESS)

    def to_arrow(self) -> Any:
        """The hits as an Arrow table, a row each, best first."""
        import pyarrow as pa

        rows = {name: [getattr(hit, name) for hit in self.hits] for name in _OF_HITS}
        texts = {name: [getattr(hit.passage, name) for hit in self.hits] for name in _OF_PASSAGES}
        return pa.table({"rank": range(1, len(self.hits) + 1), **rows, **texts})

    def to_pandas(self) -> Any:
        """The same as a pandas frame. Raises DependencyError where pandas is not installed."""
        with needed("to_pandas"):
            return self.to_arrow().to_pandas()

    def __str__(self) -> str:
        return "\n\n".join(map(str, [self.answer or NO_ANSWER, *self.hits]))

    def _repr_html_(self) -> str:
        answer = self.answer
        first = answer._repr_html_() if answer else shown.block(NO_ANSWER, "", "")
        return shown.listing([first, *(hit._repr_html_() for hit in self.hits)])


class Progress(Protocol):
    """Called as work goes on: crawl counts files, encode passages, merge segments, ask questions,
    draft questions, train steps. total: None as long as nobody knows.
    """

    def __call__(self, stage: str, done: int, total: int | None, /) -> None: ...
