"""Manual pages: what `man` would print, from both of their macro languages."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from lepton_local.corpus.crawl import crawl
from lepton_local.errors import SourceError
from lepton_local.types import Source
from tests.parsing import document, documents, marked

MAN = r""".\" A comment.
.de CMD
\fB\\$1\fP
..
.TH FROB 1 "2021-03-04" "frob 1.2"
.SH NAME
frob \- frobnicate \fIfiles\fR
.SH "SEE THIS"
.ie n .ds Q "
.el .ds Q ``
Words in \*(lqquotes\*(rq\c
, and \(bu more.
.if t Only in print.
.TP
.BR \-a ", " \-\-all
take all
of them
.IP \(bu 2
an item
.IP 1.
a numbered one
.SS Deep
.nf
  kept   as it is

  again
.fi
.CMD run
.TS
tab(|);
l l.
Name|Size
T{
two
words
T}|3
.TE
.UR https://x.org
the site
.UE .
"""
MDOC = r""".Dd $Mdocdate: March 4 2021 $
.Dt FROB 8
.Os
.Sh NAME
.Nm frob
.Nd frobnicate things
.Sh SYNOPSIS
.Nm
.Op Fl av
.Ar
.Sh DESCRIPTION
The
.Nm
tool does it, see
.Xr ls 1 ,
.Pq Ql \&!
and
.Dq Pa /etc/frob .
.Bl -tag -width Ds
.It Fl a Ar file Ns Oo , Ns Ar more Oc
All of it.
.Pp
And more.
.El
.Bl -enum
.It
one
.It
two
.El
"""


def test_man() -> None:
    found = document("man1/frob.1", MAN)
    assert (found.title, found.titled, found.exact) == ("frob(1)", True, False)
    assert found.metadata == {"date": "2021-03-04"}
    assert found.text == (
        "NAME\n\nfrob - frobnicate files\n\nSEE THIS\n\nWords in “quotes”, and • more.\n\n"
        "-a, --all\n    take all of them\n• an item\n1. a numbered one\n\nDeep\n\n"
        "  kept   as it is\n\n  again\nrun\n\nName | Size\ntwo words | 3\n\n"
        "the site <https://x.org>."
    )
    assert marked(found) == [
        *(("## NAME", "NAME"), ("## SEE THIS", "SEE THIS")),
        *(("-a, --all", "-a, --all"), ("### Deep", "Deep")),
    ]


def test_mdoc() -> None:
    found = document("frob.8", MDOC)
    assert (found.title, found.metadata) == ("frob(8)", {"date": "2021-03-04"})
    assert found.text == (
        "NAME\n\nfrob – frobnicate things\n\nSYNOPSIS\n\nfrob [-av] file ...\n\nDESCRIPTION\n\n"
        "The frob tool does it, see ls(1), (‘!’) and “/etc/frob”.\n\n"
        "-a file[,more]\n    All of it.\n\n    And more.\n1. one\n2. two"
    )


def test_options_are_marks() -> None:
    """As each macro language has them, and DocBook; what follows their list is no part of it."""
    written = ".SH OPTIONS\n.TP\n.B \\-a\nAll.\n.IP \\-b 4\nBoth.\n.PP\nAfter.\n"
    found = document("frob.1", f".TH FROB 1\n{written}")
    assert marked(found) == [("## OPTIONS", "OPTIONS"), ("-a", "-a"), ("-b", "-b"), ("", "After.")]
    docbook = ".PP\n\\-a, \\-\\-all\n.RS 4\nAll.\n.RE\n.PP\nSuch as this:\n.RS 4\nx\n.RE\n"
    found = document("frob.1", f".TH FROB 1\n.SH OPTIONS\n{docbook}")
    assert marked(found)[1:] == [("-a, --all", "-a, --all"), ("", "Such as this:")]
    found = document("frob.8", MDOC)
    assert ("-a file[,more]", "-a file[,more]") in marked(found)
    assert marked(found)[-1] == ("", "1. one")


def test_a_macro_that_calls_itself_ends() -> None:
    assert document("a.1", ".de X\nword\n.X\n..\n.TH A 1\n.X\n").text.startswith("word word")
    grown = ".ds a x\n" + ".as a \\*a\\*a\n" * 40 + ".TH A 1\n\\*a\n"
    assert len(document("a.1", grown).text) < 100_000


def test_a_page_that_only_points_to_another() -> None:
    with pytest.raises(SourceError, match="no text in this manual page"):
        documents("a.1", ".so man1/b.1\n")


def test_a_numbered_file_is_a_manual_page_only_if_it_looks_like_one(tmp_path: Path) -> None:
    (tmp_path / "frob.1").write_text(MAN)
    (tmp_path / "syslog.1").write_text("Nov 21 a line of a log\n")
    (tmp_path / "frob.8.gz").write_bytes(gzip.compress(MDOC.encode()))
    (tmp_path / "syslog.2.gz").write_bytes(gzip.compress(b"Nov 20 an older line\n"))
    (tmp_path / "damaged.3.gz").write_bytes(b"no gzip")
    found = [item.path for item in crawl([tmp_path]) if isinstance(item, Source)]
    assert found == ["damaged.3.gz", "frob.1", "frob.8.gz"]
    # Named by itself, it is read as what it is.
    assert document("syslog.1", "Nov 21 a line of a log\n").exact
    assert document("frob.8.gz", gzip.compress(MDOC.encode())).title == "frob(8)"
