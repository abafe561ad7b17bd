"""Words that a question leaves out, held against plain regular expressions over the texts."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import random
import re
from collections.abc import Mapping

import pytest

from lepton_local.config import SearchConfig
from lepton_local.indexing import builder
from lepton_local.search.searcher import Searcher
from tests.conftest import WordEncoder

ENGLISH = (
    "YouTube You tube youtube YOUTUBE you JavaScript Java Script javascript snake_case snake case "
    "Snake_Case my_snake_case snake_case.py youTube.example os.path os.path.join path O'Brien "
    "O’Brien Brien Anna's Anna annabel can't can don't Don donor cannot otter otters Otter's C++ C "
    "iPhone phone i GitHub Git hub résumé resume 中文 文 中 中国文字 使用Java编程 naïve U.S. "
    "us"
).split()
GERMAN = "Haus Häuser Krankenhaus Hausboot HAUSES Boot Boote ß-Straße Strasse Straße".split()
KOREAN = "학교 학교에서 대학교 집 집에 집단 C++".split()
FILLING = {
    "en": "The river runs slowly by the old mill and the people of the town walk there. ",
    "de": "Der Fluss fließt langsam an der alten Mühle vorbei, und die Leute gehen dort gern hin. "
    "Wenn das Wasser im Frühling steigt, sitzen sie auf der Brücke und sehen ihm lange nach.",
    "ko": "강은 오래된 물레방아 옆을 천천히 흐르고 마을 사람들은 그곳을 자주 걷습니다. ",
}
WORD = r"(?i)(?<![^\W\u4e00-\u9fff])%s(?![^\W\u4e00-\u9fff])"
LEFT_OUT: Mapping[str, str] = {
    "YouTube": WORD % "youtube",
    "youtube": WORD % "youtube",
    "You": WORD % "you",
    "tube": WORD % "tube",
    "JavaScript": WORD % "javascript",
    "javaScript": WORD % "javascript",
    "Java": WORD % "java",
    "script": WORD % "script",
    "snake_case": WORD % "snake_case",
    "SNAKE_CASE": WORD % "snake_case",
    "snake": WORD % "snake",
    "case": WORD % "case",
    "os.path": WORD % r"os\.path",
    "path": WORD % "path",
    "O'Brien": WORD % "o['’]brien",
    "o’brien": WORD % "o['’]brien",
    "Brien": WORD % "brien",
    "Anna": WORD % "anna",
    "Anna's": WORD % "anna",
    "can": r"(?i)\bcan\b(?!['’]t)",
    "can't": WORD % "can['’]t",
    "Don": r"(?i)\bdon\b(?!['’]t)",
    "otter": WORD % "otters?",
    "otters": WORD % "otters?",
    "C++": r"(?i)\bc\+\+",
    "iPhone": WORD % "iphone",
    "phone": WORD % "phone",
    "GitHub": WORD % "github",
    "hub": WORD % "hub",
    "résumé": WORD % "(résumé|resume)",
    "中文": "中文",
    "文": "文",
    "文字": "文字",
    "Haus": WORD % "(haus|häuser|hauses)",
    "Häuser": WORD % "(haus|häuser|hauses)",
    "Krankenhaus": WORD % "krankenhaus",
    "Boot": WORD % "boote?",
    "Straße": WORD % "stra(ß|ss)e",
    # Particles may follow a Korean word; of one syllable nobody can tell them from other words.
    "학교": r"(?<![\uac00-\ud7a3])학교",
    "집": r"\b집\b",
    "nowhere": WORD % "nowhere",
}


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Invented texts in three languages, in two segments."""
    folder = tmp_path_factory.mktemp("exclusion")
    docs, chance, encoder = folder / "docs", random.Random(7), WordEncoder()
    docs.mkdir()
    for number in range(240):
        language, words = (("en", ENGLISH), ("de", GERMAN), ("ko", KOREAN))[max(number % 5 - 2, 0)]
        some = chance.choices(words, k=chance.randint(1, 5))
        listed = chance.choice([" ", ", ", " (", "\n"]).join(some)
        text = f"{FILLING[language]}\n\n{listed}.\n\n{number}\n"
        (docs / f"{number:03}.txt").write_text(text)
        if number == 150:
            builder.build(docs, folder / "index", encoder=encoder)
    index = builder.update(folder / "index", encoder=encoder).index
    assert len(index.segments) == 2
    languages = index.document_table(["language"]).column(0).to_pylist()
    assert sorted(map(languages.count, ("en", "de", "ko"))) == [48, 48, 144]
    return Searcher(index, encoder=encoder)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
@pytest.mark.parametrize("word", LEFT_OUT)
def test_the_passages_that_hold_a_word_are_left_out_and_no_others(
    searcher: Searcher, word: str, mode: str
) -> None:
    plain = SearchConfig(mode=mode, rerank=False, answer=False, fold=False)
    asking = Searcher(searcher.index, encoder=searcher.encoder, config=plain)
    question = "river people Fluss Leute 사람들은"
    everything = {hit.path: hit.passage.text for hit in asking.search(question, k=240)}
    assert len(everything) == 240
    kept = {hit.path for hit in asking.search(f"{question} -{word}", k=240)}
    holds = {path for path, text in everything.items() if re.search(LEFT_OUT[word], text)}
    assert kept == everything.keys() - holds
    assert bool(holds) == (word != "nowhere")
    ten = asking.search(f"{question} -{word}", k=10)
    assert len(ten) == 10
    assert not {hit.path for hit in ten} & holds
