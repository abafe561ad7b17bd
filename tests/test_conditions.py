"""What a question may find at all, through the front door: filters in it, names of files, days,
values that no document has, patterns, and what is said of them.
"""

from __future__ import annotations

import datetime
import json
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lepton_local.cli.search import main
from lepton_local.errors import InputError
from lepton_local.indexing import builder
from lepton_local.search import sieve
from lepton_local.search.record import result_record
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder
from tests.test_update import PLAIN

TODAY = datetime.date(2026, 3, 31)
FILES = {
    "a.md": "---\nauthor: Ada Lee\ndate: 2026-01-31\ntags: travel, food\n---\n"
    "Otters invoice: INV-2041.",
    "yard/b.md": "---\nauthor: Bo Kim\ndate: 2026-03-01\ntags: food\n---\n"
    "Otters were invoked. INV-77",
    "yard/deep/c.txt": "Otters überholen. Der letter of intent. TODO: fix",
    "yard/deep/[id].txt": "Otters, vois-tu. A term sheet.",
    unicodedata.normalize("NFD", "yard/café/d.txt"): "Otters inbox, an Invoice.",
    "Smith, Jo/e, f.txt": "Otters with commas. Draft letter.",
    "2025-12-30 log.txt": "Otters at sea in winter.",
}


class Today(datetime.date):
    """A day that stays."""

    @classmethod
    def today(cls) -> Today:
        return cls(TODAY.year, TODAY.month, TODAY.day)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    folder = tmp_path_factory.mktemp("conditions")
    for root in ("docs", "more"):
        for name, text in FILES.items():
            path = folder / root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if root == "docs" or name == "a.md":
                path.write_text(f"{text} In {root}.")
                os.utime(path, (1.7e9, 1.7e9))  # 2023-11-14
    encoder = WordEncoder()
    roots = [folder / "docs", folder / "more"]
    return Searcher(
        builder.build(roots, folder / "index", encoder=encoder).index, encoder=encoder, config=PLAIN
    )


@pytest.fixture
def find(searcher: Searcher) -> Callable[..., list[str]]:
    def found(question: str, *filters: str) -> list[str]:
        hits = searcher.search(question, k=50, filters=filters)
        roots = {hit.root for hit in hits if hit.root.endswith("more")}
        names = (f"{'more/' * (hit.root in roots)}{hit.path}" for hit in hits)
        return sorted(unicodedata.normalize("NFC", name) for name in names)

    return found


ALL = sorted(["more/a.md", *(unicodedata.normalize("NFC", name) for name in FILES)])
DEEP = ["yard/deep/[id].txt", "yard/deep/c.txt"]
WORK = sorted(name for name in ALL if name.startswith("yard/"))
ASKED: dict[str, list[str]] = {
    "otters": ALL,
    "otters path:yard": WORK,
    "otters path:YARD/": WORK,
    "otters path:./yard": WORK,
    "otters path:deep": DEEP,
    "otters path:docs/yard/deep": DEEP,
    "otters path:more": ["more/a.md"],
    "otters path:a.md": ["a.md", "more/a.md"],
    "otters path:docs/a.md": ["a.md"],
    "otters path:[id].txt": ["yard/deep/[id].txt"],
    "otters path:yard/deep/[id].txt": ["yard/deep/[id].txt"],
    "otters path:[c]*.txt": ["yard/café/d.txt", "yard/deep/c.txt"],
    "otters path:c*.txt -path:café": ["yard/deep/c.txt"],
    "otters path:café": ["yard/café/d.txt"],
    f"otters path:{unicodedata.normalize('NFD', 'café')}/d.txt": ["yard/café/d.txt"],
    'otters path:"Smith, Jo"': ["Smith, Jo/e, f.txt"],
    "otters path:café,[id].txt": ["yard/café/d.txt", "yard/deep/[id].txt"],
    "otters path:ork": [],
    "otters -path:yard -path:more": ["2025-12-30 log.txt", "Smith, Jo/e, f.txt", "a.md"],
    "otters type:md,pdf": ["a.md", "more/a.md", "yard/b.md"],
    "otters type:md -path:a.md": ["yard/b.md"],
    "otters author:lee": ["a.md", "more/a.md"],
    "otters author:kim,lee path:docs": ["a.md", "yard/b.md"],
    "otters author:kim OR path:deep": sorted([*DEEP, "yard/b.md"]),
    'otters author:"ada lee" path:docs': ["a.md"],
    "otters tag:food -tag:travel": ["yard/b.md"],
    "otters date:2026-01": ["a.md", "more/a.md"],
    "otters date:2026": ["a.md", "more/a.md", "yard/b.md"],
    "otters date:2025-12/2026-01": ["2025-12-30 log.txt", "a.md", "more/a.md"],
    "otters date:/2025 -date:2023": ["2025-12-30 log.txt"],
    "otters date:2026-02/": ["yard/b.md"],
    "otters date:31.1.2026 path:docs": ["a.md"],
    "otters after:30d": ["yard/b.md"],
    "otters after:4w": [],
    "otters after:1m": ["yard/b.md"],
    "otters date:1y -after:2026": ["2025-12-30 log.txt"],
    "otters after:2026-02 before:2026-04": ["yard/b.md"],
    "otters title:log OR title:b": ["2025-12-30 log.txt", "yard/b.md"],
    "invo* otters": ["a.md", "more/a.md", "yard/b.md", "yard/café/d.txt"],
    "inv* -invoi*": ["yard/b.md"],
    "uberh*": ["yard/deep/c.txt"],
    "Überhol*": ["yard/deep/c.txt"],
    r"/INV-\d{3,}/ path:docs": ["a.md"],
    r"/inv-\d+/": [],
    r"/inv-\d+/i path:docs": ["a.md", "yard/b.md"],
    r"otters -/INV-\d+/ -path:yard": ["2025-12-30 log.txt", "Smith, Jo/e, f.txt"],
    "/todo|inbox/i": ["yard/café/d.txt", "yard/deep/c.txt"],
    '"term sheet" OR "letter of intent"': DEEP,
    "sheet OR inbox otters": ["yard/café/d.txt", "yard/deep/[id].txt"],
    'letter -"letter of intent" -otter*': [],
    'otters letter -"letter of intent" path:Smith*': ["Smith, Jo/e, f.txt"],
    "otters -draft, -todo, -winter -sea": sorted(
        {*ALL} - {"Smith, Jo/e, f.txt", "yard/deep/c.txt", "2025-12-30 log.txt"}
    ),
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_question_finds_what_its_conditions_say(
    find: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setattr("datetime.date", Today)
    assert find(asked) == ASKED[asked]


def test_a_filter_may_stand_outside_the_question(find: Callable[..., list[str]]) -> None:
    assert find("otters", "path:café,[id].txt") == find("otters path:café,[id].txt")
    assert find("otters", "path:Smith, Jo") == ["Smith, Jo/e, f.txt"]
    assert find("otters", "type:md,pdf", "-author:kim", "path:docs") == ["a.md"]


def test_a_path_is_taken_as_it_was_printed(
    searcher: Searcher, find: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the folder above, from one beside it, and from one of its own folders."""
    docs = Path(searcher.index.manifest.roots[0])
    for here in (docs.parent, docs.parent / "more", docs / "yard"):
        monkeypatch.chdir(here)
        done = CliRunner().invoke(
            main, ["query", str(searcher.index.path), "otters", *PRINTING], catch_exceptions=False
        )
        printed = done.stdout.splitlines()
        assert len(printed) == len(ALL)
        for path in printed:
            name = unicodedata.normalize("NFC", os.path.relpath(Path(path).resolve(), docs.parent))
            assert name.removeprefix("docs/") in find("otters", f"path:{path}")
            whole = os.path.abspath(path)
            assert find("otters", f"path:{whole}") == [name.removeprefix("docs/")]
        assert find("otters", f"path:{docs}/yard") == WORK
        assert find("otters", f"path:{docs}/*/deep") == DEEP
    monkeypatch.chdir(docs / "yard")
    assert find("otters", "path:../a.md") == ["a.md"]
    assert find("otters", "path:./deep") == DEEP


PRINTING = ["--mode", "lexical", "--no-rerank", "--paths", "-k", "50"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("otters type:pfd", "no document passes type:pfd; there are text (5), markdown (3)"),
        ("otters lang:zz", "no document passes lang:zz; there are en ("),
        ("otters author:zoe", "author:zoe; there are Ada Lee (2), Bo Kim (1)"),
        ("otters tag:war", "tag:war; there are food (3), travel (2)"),
        (
            "otters path:nowhere",
            "path:nowhere; there are yard/ (4), a.md (2), 2025-12-30 log.txt (1)",
        ),
        ("otters date:1999", "date:1999; the days go from 2023-11-14 to 2026-03-01"),
        ("otters type:md after:2027", "after:2027; the days go from"),
        ("otters type:md path:deep", "no document passes the filters; leave one out"),
        ('"otters never"', 'no passage holds "otters never" word for word'),
        ("zebra* otters", "no passage is with zebra*; leave one of these out"),
        ("otters invo* -otter*", "no passage is with invo* and without otter*"),
    ],
)
def test_what_left_nothing_is_said(searcher: Searcher, asked: str, said: str) -> None:
    result = searcher.answer(asked)
    assert not result.hits
    assert result.notes[0].startswith("searched only with")
    assert said in result.notes[-1]


def test_what_was_understood_is_said(searcher: Searcher) -> None:
    result = searcher.answer('otters -draft invo* OR "term sheet"', filters=["type:txt,md"])
    assert result.notes == ('searched only without draft, with invo* or "term sheet"',)
    record = json.loads(json.dumps(result_record(result)))
    assert record["conditions"] == [
        {"parts": [{"kind": "word", "value": "draft"}], "excluded": True},
        {
            "parts": [
                {"kind": "prefix", "value": "invo"},
                {"kind": "phrase", "value": "term sheet"},
            ],
            "excluded": False,
        },
        {
            "parts": [{"kind": "type", "value": "txt"}, {"kind": "type", "value": "md"}],
            "excluded": False,
        },
    ]
    plain = searcher.answer("otters of the sea")
    assert (plain.conditions, plain.notes) == ((), ())


def test_hits_are_cited_where_patterns_match(searcher: Searcher) -> None:
    result = searcher.answer(r"otters /INV-\d+/ path:b.md")
    (hit,) = result.hits
    matched = [
        hit.passage.text[start - hit.passage.start :][: end - start] for start, end in hit.matches
    ]
    assert matched == ["Otters", "INV-77"]


@pytest.mark.timeout(30)
def test_no_pattern_takes_for_ever(searcher: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """RE2 has no pattern that tries one way after another; what is slow for it is given up."""
    assert searcher.search(r"otters -/(x+x+)+y/")
    monkeypatch.setattr(sieve, "GRACE", -1.0)
    with pytest.raises(InputError, match=r"/\(\.\?\)\{900\}q/ takes too long, expected a pattern"):
        searcher.search("otters /(.?){900}q/")


def test_files_of_one_name_are_told_apart(searcher: Searcher) -> None:
    asked = ["otters path:a.md", "--mode", "lexical", "--no-rerank", "--no-answer"]
    listed = query(searcher.index.path, *asked).stdout
    assert "docs/a.md:" in listed
    assert "more/a.md:" in listed


def query(index: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["query", str(index), *words], catch_exceptions=False)


def test_the_status_tells_of_what_is_gone_or_false(tmp_path: Path) -> None:
    docs, index = tmp_path / "docs", tmp_path / "index"
    docs.mkdir()
    for name in ("kept.md", "gone.md"):
        (docs / name).write_text(f"# {name}\n\nThe magic word of {name} is plover.\n")
    builder.build(docs, index)
    plain = ("plover", "--mode", "lexical", "--no-rerank", "--no-answer")
    assert query(index, *plain, "--verify", "--strict").exit_code == 0
    (docs / "gone.md").unlink()
    told = query(index, *plain, "--paths")
    assert (told.exit_code, [Path(line).name for line in told.stdout.split()]) == (0, ["kept.md"])
    assert "1 left out, gone since indexed: run lepton-index update" in told.stderr
    assert query(index, *plain).exit_code == 0
    assert query(index, *plain, "--verify").exit_code == 1
    assert query(index, *plain, "--strict").exit_code == 1
    assert query(index, *plain, "--verify", "--filter", "path:kept.md").exit_code == 0
    (docs / "kept.md").unlink()
    assert query(index, *plain, "--paths").exit_code == 1
