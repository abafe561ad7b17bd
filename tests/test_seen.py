"""Pages, books, tables and old texts as people see them."""

# ruff: noqa: E501, RUF001 - pages in one piece are easier to read
from __future__ import annotations

import json

import pytest

from tests.archives import zipped
from tests.parsing import document, documents

BUTTON = '<button aria-expanded="false" aria-controls="{}">{}</button>'


@pytest.mark.parametrize("shut", ["hidden", 'aria-hidden="true"', 'style="display:none"'])
def test_what_an_accordion_opens_is_read(shut: str) -> None:
    page = f"<h1>Ferry</h1><h3>{BUTTON.format('a', 'May I bring a bicycle?')}</h3><div id=a {shut}><p>Free of charge.</div>"
    assert document("a.html", page).text == "Ferry\n\nMay I bring a bicycle?\n\nFree of charge."
    assert document("a.html", page.replace("aria-controls", "x")).text == "Ferry"


def test_menus_that_open_stay_out() -> None:
    menu = '<ul id=m hidden><li><a href="/">Home page</a><li><a href="/b">News of us</a></ul>'
    assert document("a.html", f"{BUTTON.format('m', 'Menu')}{menu}<p>Words.").text == "Words."
    nav = f"{BUTTON.format('n', 'More')}<nav id=n hidden>Elsewhere</nav><button>Send</button>"
    assert document("a.html", f"{nav}<p>Words.").text == "Words."


def test_forms_and_pictures_say_what_is_in_them() -> None:
    page = (
        "<p>Name: <input value='Ada Brook'> <input type=hidden value=secret> <input type=password value=secret>"
        "<p><input type=checkbox checked> insured <input type=radio> not insured"
        "<p><select><option>none<option selected>Pier 7</select><p><textarea>North side</textarea>"
        "<p><img alt='the hut stands north of the bridge'><img alt=logo>"
    )
    assert document("a.html", page).text == (
        "Name: Ada Brook\n\n[x] insured not insured\n\nPier 7\n\nNorth side\n\n"
        "the hut stands north of the bridge"
    )


def book(first: str) -> bytes:
    container = '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>'
    package = (
        '<package><manifest><item id="a" href="a.html" media-type="text/html"/><item id="b" href="b.html" media-type="text/html"/>'
        '</manifest><spine><itemref idref="a"/><itemref idref="b"/></spine><guide><reference type="toc" href="a.html#top"/></guide></package>'
    )
    return zipped(
        {
            "META-INF/container.xml": container,
            "b.opf": package,
            "a.html": first,
            "b.html": "<p>She sailed in April.",
        }
    )


def test_a_chapter_in_the_file_of_the_contents_is_read() -> None:
    contents = (
        "<h1>The Tern</h1><p><a href='a.html'>Chapter I</a><p><a href='b.html'>Chapter II</a>"
    )
    assert document("a.epub", book(contents)).text == "She sailed in April."
    chapter = "<h2>Chapter I</h2><p>Captain Elwood Marsh bought the schooner Tern for nine hundred guineas."
    assert "nine hundred guineas" in document("a.epub", book(contents + chapter)).text


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_what_excel_is_told_is_no_header(line: str) -> None:
    found = documents("a.csv", f"{line}\r\nShip;Berth\r\nOsprey;11\r\n")
    assert [each.text for each in found] == ["Ship: Osprey\nBerth: 11"]


def test_an_output_that_is_a_page() -> None:
    def text(data: dict[str, str]) -> str:
        outputs = [{"output_type": "display_data", "data": data}]
        cell = {"cell_type": "code", "source": "show()", "outputs": outputs}
        return document("a.ipynb", json.dumps({"cells": [cell]})).text

    page = "<table><tr><th>Gauge<th>Rain<tr><td>Tarnfell<td>58</table>"
    seen = "show()\n\nGauge | Rain\nGauge: Tarnfell | Rain: 58"
    assert text({"text/html": page}) == seen
    assert text({"text/html": page, "text/plain": "<IPython.core.display.HTML object>"}) == seen
    assert text({"text/html": page, "text/plain": "plain"}) == "show()\n\nplain"


RUSSIAN = "Склад номер семь закрыт до пятницы. Ключ хранится у сторожа Лукина."


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp866", RUSSIAN),
        ("iso8859_5", RUSSIAN),
        ("cp1251", RUSSIAN),
        ("koi8_r", RUSSIAN),
        ("iso2022_jp", "鍵は番人が持っています。"),
        ("iso2022_kr", "열쇠는 경비원이 가지고 있습니다."),
    ],
)
def test_old_encodings(encoding: str, words: str) -> None:
    assert document("a.txt", words.encode(encoding)).text == words


def test_the_encoding_that_xml_declares_holds() -> None:
    for name in ("ISO-8859-5", "iso-8859-2", "windows-1250", "utf-8"):
        text = f'<?xml version="1.0" encoding="{name}"?>\n<a>{"żółw" if name[-1] in "02" else "ключ"}</a>'
        assert document("a.xml", text.encode(name)).text == text
    assert (
        "caf"
        in document(
            "a.xml", '<?xml version="1.0" encoding="no-such"?><a>café</a>'.encode("latin-1")
        ).text
    )
