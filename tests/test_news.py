"""Feeds as documents, and what is new in them."""

from __future__ import annotations

import datetime
import json
from email.utils import format_datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lepton_local.cli.index import main as index_command
from lepton_local.cli.search import main as search_command
from lepton_local.corpus.parse import parse
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

TODAY = datetime.datetime.now(datetime.UTC)
FLOOD = "The old bridge over the Wel has been closed since Thursday, because the flood {} a pier."


def day(ago: int) -> datetime.datetime:
    return TODAY - datetime.timedelta(days=ago)


def item(name: str, title: str, text: str, ago: int) -> str:
    date = format_datetime(day(ago))
    return (
        f"<item><title>{title}</title><guid>{name}</guid><pubDate>{date}</pubDate>"
        f"<description><![CDATA[<p>{text}</p>]]></description></item>"
    )


RSS = (
    '<?xml version="1.0"?><!-- made --><rss version="2.0"><channel><title>Town</title>'
    + item("n1", "Bridge closed", FLOOD.format("has washed out"), 1)
    + item("n2", "Flood shuts the bridge", FLOOD.format("washed out"), 0)
    + item("n3", "Buses go round", "While the bridge over the Wel is closed, buses wait.", 0)
    + item("n4", "Library", "Short. The town library is open on Sunday afternoons now.", 0)
    + item("n5", "School", "The council has voted for a new school in the north.", 9)
    + "</channel></rss>"
)
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title><entry>
<id>tag:a,1</id><title type="html">Rye &amp;amp; wheat</title>
<updated>2026-01-02T03:04:05Z</updated>
<link rel="self" href="https://example.org/self"/><link href="https://example.org/rye"/>
<author><name>Ada Lark</name></author><category term="bread"/><category term="rye"/>
<content type="html">&lt;p&gt;Feed the &lt;b&gt;starter&lt;/b&gt;.&lt;/p&gt;</content></entry>
<entry><title>No words</title></entry></feed>"""
FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "items": [
        {
            "id": "j1",
            "title": "School",
            "content_html": "<p>The council has <b>voted</b> for a new school in the north.</p>",
            "date_published": day(0).isoformat(),
            "authors": [{"name": "Ada"}],
        },
        7,
        {"id": ["x"], "content_text": 5},
    ],
}


def documents(name: str, text: str) -> list[Document]:
    found = parse(Source("/", name, len(text), 1), text.encode())
    return [each for each in found if isinstance(each, Document)]


def lepton_search(*args: str | Path) -> Result:
    return CliRunner().invoke(search_command, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    (folder / "feeds").mkdir()
    (folder / "feeds" / "town.rss").write_text(RSS)
    (folder / "feeds" / "school.json").write_text(json.dumps(FEED))
    made = ["build", str(folder / "feeds"), "--out", str(folder / "index"), "--quiet"]
    assert CliRunner().invoke(index_command, made).exit_code == 0
    return folder / "index"


# --- feeds


@pytest.mark.parametrize("name", ["a.xml", "a.atom"])
def test_an_item_of_atom_is_a_document(name: str) -> None:
    first, second = documents(name, ATOM)
    assert (first.id, first.title, first.text) == (
        f"{name}#tag:a,1",
        "Rye & wheat",
        "Feed the starter.",
    )
    assert first.metadata == {
        "date": "2026-01-02",
        "link": "https://example.org/rye",
        "author": "Ada Lark",
        "tags": "bread, rye",
    }
    assert (second.key, second.text) == ("2", "No words")


def test_an_item_of_json_feed_is_a_document() -> None:
    (only,) = documents("a.json", json.dumps(FEED))
    assert only.text == "The council has voted for a new school in the north."
    assert (only.key, only.metadata["author"]) == ("j1", "Ada")


def test_other_xml_and_json_are_files_as_before() -> None:
    assert documents("a.xml", "<feeding><item>x</item></feeding>")[0].exact
    assert documents("a.json", '{"version": "1", "items": []}')[0].exact


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.rss", RSS[:400]),
        ("a.rss", "<rss></rss>"),
        ("a.json", '{"version": "https://jsonfeed.org/version/1", "items": ['),
        ("a.json", '["version": "https://jsonfeed.org/version/1"]'),
    ],
)
def test_a_broken_feed_is_refused_with_a_reason(name: str, text: str) -> None:
    with pytest.raises(SourceError):
        documents(name, text)


def test_no_entity_of_a_feed_is_expanded() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">]><rss><item><title>&a;</title></item></rss>'
    assert "aaaa" not in "".join(each.title for each in documents("a.xml", bomb))


# --- what is new


def test_what_is_new_is_told_by_topic(index: Path) -> None:
    found = lepton_search("news", index, "--json")  # since yesterday
    assert found.exit_code == 0, found.output
    topics = json.loads(found.stdout)["topics"]
    stories = [story for topic in topics for story in topic["stories"]]
    bridge, buses = topics[0]["stories"]
    assert bridge["documents"] == ["town.rss#n2", "town.rss#n1"]  # copies, the newest first
    assert bridge["sentence"].startswith("The old bridge")
    assert buses["documents"] == ["town.rss#n3"]
    told = {story["documents"][0]: story for story in stories}
    assert told["town.rss#n4"]["sentence"].startswith("The town library")
    assert told["school.json#j1"]["again"]  # it was told nine days ago
    assert not bridge["again"]
    assert len(stories) == 4


def test_a_person_reads_titles_sentences_and_places(index: Path) -> None:
    said = lepton_search("news", index, "--since", "30d").stdout
    assert "and 1 more that tell the same" in said
    assert "    town.rss#n4, " in said
    assert "told before" not in said  # all of it is since then


def test_a_day_without_news_and_what_is_no_day(index: Path) -> None:
    found = lepton_search("news", index, "--since", "2100-01-01")
    assert (found.exit_code, found.stdout) == (1, "No document is dated 2100-01-01 or later.\n")
    refused = lepton_search("news", index, "--since", "soon")
    assert refused.exit_code == 2
    assert "--since 'soon' is no day" in refused.output
    only = lepton_search("news", index, "--filter", "path:*.json", "--json")
    assert len(json.loads(only.stdout)["topics"]) == 1
