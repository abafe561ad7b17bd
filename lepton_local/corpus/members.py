"""Sources within sources: the documents of a source, and of the members that its parser finds in
it, down to a depth and up to a size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lepton_local.corpus import passed
from lepton_local.corpus.formats.leftovers import without_pictures
from lepton_local.corpus.formats.member import Member, Refused
from lepton_local.corpus.formats.unzip import most_unpacked
from lepton_local.corpus.how import AS_EVER, How
from lepton_local.corpus.isolate import TOO_LARGE
from lepton_local.corpus.pixels import Pixels
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

DEPTH = 4  # of members within members; what lies deeper is refused
MEMBERS = 100_000  # of a source, with those that are passed over

Parser = Callable[..., Iterator[Document | Member | Refused]]  # of a source and its bytes
# Of a source, its bytes and how it is read, the pictures in it.
Pictures = Callable[[Source, bytes, How], Iterator[Document | Pixels | Refused]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format as people call it ("markdown"), who reads it, and who the pictures in it."""

    name: str
    parser: Parser | None
    pictures: Pictures | None = None  # None: nobody is to


def unfold(
    source: Source,
    data: bytes,
    format_of: Callable[[str], Format | None],
    form: Format,
    *,
    how: How = AS_EVER,
) -> Iterator[Document | Pixels | Refused]:
    """What the parser of `form` gives for a source, where each member has become its documents,
    their keys joined with "/". Each document bears the format that it was read in.

    Members for whose names `format_of` knows none, and hidden ones, are passed over, as in a
    folder: documents of formats that are not read with a word. Raises SourceError for a source that
    cannot be read.
    """
    walk = _Walk(format_of, room=most_unpacked(len(data)), how=how)
    yield from walk.source(source, data, form, depth=0)
    if walk.spent:
        yield Refused("", f"{walk.spent}; the rest is left out")


@dataclass(slots=True)
class _Walk:
    format_of: Callable[[str], Format | None]
    room: int  # bytes that members may still unpack to, all together
    how: How
    members: int = 0
    spent: str = ""  # the limit that was reached: nothing more is read

    def source(
        self, source: Source, data: bytes, form: Format, *, depth: int
    ) -> Iterator[Document | Pixels | Refused]:
        if not data.strip():
            raise SourceError("empty")
        opened = False
        try:
            for item in self.items(source, data, form):
                if isinstance(item, Member):
                    opened = True
                    yield from self.member(source, item, depth=depth + 1)
                    if self.spent:
                        return
                elif isinstance(item, Refused | Pixels) or item.format:  # what is read by now
                    yield item
                elif not self.how.side and item.text.strip("\ufeff").strip():
                    about = without_pictures(item.metadata) if form.pictures else item.metadata
                    yield replace(item, format=form.name, metadata=about)
        except Exception as error:  # a library may raise anything on a file made to break it
            if not opened:
                raise _refusal(error) from error
            yield Refused("", f"cannot be read to its end: {_refusal(error)}")

    def items(
        self, source: Source, data: bytes, form: Format
    ) -> Iterator[Document | Member | Pixels | Refused]:
        """What a format's readers give. Where there are pictures there need be no text."""
        without: SourceError | None = None
        told = False
        if form.parser is not None:
            try:
                for item in form.parser(source, data):
                    told = True
                    yield item
            except SourceError as error:
                if told or form.pictures is None:
                    raise
                without = error
        if form.pictures is not None:
            for each in form.pictures(source, data, self.how):
                told = True
                yield each
        if without is not None and not told:
            raise without

    def member(
        self, source: Source, member: Member, *, depth: int
    ) -> Iterator[Document | Pixels | Refused]:
        """The documents of a member; one that cannot be read costs only itself."""
        self.members += 1
        if self.members > MEMBERS:
            self.spent = f"more than {MEMBERS:,} files in it"
            return
        form = self.format_of(member.name)
        if _hidden(member.key):
            return
        if form is None:
            if passed.unread_format(why := passed.of_file(member.name)):
                yield Refused(member.key, why)
            return
        try:
            if depth > DEPTH:
                raise SourceError(f"it lies in more than {DEPTH} files, one within another")
            data = member.read()
            self.room -= len(data)
            if self.room < 0:
                self.spent = "unpacks to more than a file of its size may"
                return
            inner = replace(source, path=member.name, size=len(data))
            found = list(self.source(inner, data, form, depth=depth))
            if not found and not self.spent and not self.how.side:
                raise SourceError("no text in it")
        except Exception as error:  # as above
            yield Refused(member.key, str(_refusal(error)))
            return
        for item in found:
            key = "/".join(part for part in (member.key, item.key) if part)
            if isinstance(item, Document) and member.date:
                dated = {"date": member.date, **item.metadata}
                yield replace(item, key=key, metadata=dated)
            else:
                yield replace(item, key=key)


def _hidden(key: str) -> bool:
    """Whether a name on the way to a member begins with a dot; ".." is no name."""
    return any(part.startswith(".") and part.strip(".") for part in key.split("/"))


def _refusal(error: Exception) -> SourceError:
    if isinstance(error, MemoryError):
        return SourceError(TOO_LARGE)
    detail = " ".join(str(error).split())
    if isinstance(error, SourceError):
        return SourceError(detail)
    return SourceError(f"malformed: {detail[:200] or type(error).__name__}")
