"""Terms and languages: what BM25 counts, in every script, and which stemmer reads it."""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_local.corpus.language import identify
from lepton_local.corpus.words import terms
from tests.parsing import grows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The engines were RUNNING", ["the", "engin", "were", "run"]),
        ("HTTPServer", ["httpserver", "http", "server"]),
        ("snake_case os.path", ["snake_case", "snake", "case", "os.path", "os", "path"]),
        ("__init__", ["__init__", "init"]),
        ("camelCase2", ["camelcase2", "camel", "case2"]),
        ("U.S. law, the U.S.A.", ["us", "law", "the", "usa"]),
        ("1,000,000 and 3.14", ["1000000", "and", "3.14", "3", "14"]),
        ("C++ or C#", ["c++", "c", "or", "c#", "c"]),
        ("the dog's l’homme", ["the", "dog", "l", "homm"]),
        ("Beyoncé, naïve, Ångström", ["beyonc", "naiv", "angstrom"]),
        ("ﬁne ① Ｆｕｌｌ", ["fine", "1", "full"]),
        ("p53 state-of-the-art", ["p53", "state", "of", "the", "art"]),
        ("", []),
        ("_ -- !?", []),
    ],
)
def test_english(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("北京大学", "zh", ["北", "北京", "京", "京大", "大", "大学", "学"]),
        ("東京のラーメン", "ja", ["東", "東京", "京", "京の", "の", "のラ", "ラ"]),
        ("สวัสดี", "th", ["ส", "สว", "ว"]),
        ("한국어 시험", "ko", ["한국", "국어", "시험"]),
        ("Python语言", "zh", ["python", "语", "语言", "言"]),
        ("Häuser Straße", "de", ["haus", "strass"]),
        ("écoles françaises", "fr", ["ecol", "franc"]),
        ("красивые дома", "ru", ["красив", "дом"]),
        ("हिन्दी", "hi", ["हिन्द"]),
        ("words", "xx", ["words"]),
    ],
)
def test_scripts(text: str, language: str, expected: list[str]) -> None:
    assert terms(text, language=language)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("e-mail", "email"),
        ("pre-trained", "pretrained"),
        ("DEC-0054", "dec0054"),
        ("well\u2010known", "wellknown"),
        ("infor-\n  mation", "information"),
        ("4.800", "4800"),
        ("4,800", "4800"),
        ("4 800", "4800"),
        ("4'800", "4800"),
        ("1.000.000", "1000000"),
        ("4\u202f800", "4800"),
        ("œuvre", "oeuvre"),
        ("Æsop", "aesop"),
        ("Køge", "koge"),
        ("Łódź", "lodz"),
        ("Đorđe", "dorde"),
        ("þing", "thing"),
        ("İstanbul", "istanbul"),
        ("ıspanak", "ispanak"),
    ],
)
@pytest.mark.parametrize("language", ["en", "tr", "da"])
def test_spellings_that_meet(one: str, two: str, language: str) -> None:
    assert terms(two, language=language)[0] in terms(one, language=language)


def test_what_stays_apart() -> None:
    assert terms("2026-01-02 a - b c--d") == ["2026", "01", "02", "a", "b", "c", "d"]
    assert terms("3.14 4.80 1.0000") == [
        "3.14",
        "3",
        "14",
        "4.80",
        "4",
        "80",
        "1.0000",
        "1",
        "0000",
    ]


def test_case_and_accents_do_not_matter() -> None:
    for one, two in [("YouTube", "youtube"), ("Café", "CAFE"), ("Straße", "STRASSE")]:
        assert terms(one)[0] == terms(two)[0]


@given(st.text(), st.sampled_from(["en", "de", "zh", "ru", "xx"]))
def test_pure(text: str, language: str) -> None:
    found = terms(text, language=language)
    assert found == terms(text, language=language)
    assert all(found)
    assert all(len(term) <= 64 and term == term.strip() for term in found)
    # A line end parts words, so a text has the terms of its lines.
    lines = [term for line in text.split("\n") for term in terms(line, language=language)]
    assert found == lines


def test_threads_share_the_stemmers() -> None:
    texts = [
        " ".join(f"running{n}er walks{n}" for n in range(start, start + 400)) for start in range(8)
    ]
    alone = [terms(text, language="nl") for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: terms(text, language="nl"), texts)) == alone


def test_words_are_taken_in_one_pass() -> None:
    text = "The quick brown foxes were jumping over 12 lazy dogs, and nobody's watching them. "
    assert grows(lambda many: terms(text * many), 750, 6000) < 3


LANGUAGES = {
    "en": "The committee decided that the proposal should not be accepted, because it was not "
    "clear which of the members had been present when the vote on it was taken.",
    "de": "Der Ausschuss hat entschieden, dass der Vorschlag nicht angenommen werden kann, weil "
    "nicht klar war, welche der Mitglieder bei der Abstimmung anwesend waren.",
    "fr": "Le comité a décidé que la proposition ne pouvait pas être acceptée, parce que les "
    "membres qui étaient présents lors du vote n'ont pas été nommés dans le rapport.",
    "es": "El comité decidió que la propuesta no podía ser aceptada, porque no estaba claro "
    "cuáles de los miembros habían estado presentes cuando se votó sobre ella.",
    "it": "Il comitato ha deciso che la proposta non poteva essere accettata, perché non era "
    "chiaro quali dei membri fossero presenti quando si è votato su di essa.",
    "pt": "A comissão decidiu que a proposta não podia ser aceita, porque não estava claro quais "
    "dos membros estavam presentes quando foi feita a votação sobre ela.",
    "nl": "De commissie heeft besloten dat het voorstel niet kon worden aangenomen, omdat het "
    "niet duidelijk was wie van de leden aanwezig waren bij de stemming.",
    "sv": "Utskottet har beslutat att förslaget inte kan antas, eftersom det inte var klart vilka "
    "av ledamöterna som var närvarande när man röstade om det.",
    "da": "Udvalget har besluttet, at forslaget ikke kan vedtages, fordi det ikke var klart, hvem "
    "af medlemmerne der var til stede, da der blev stemt om det.",
    "no": "Utvalget har bestemt at forslaget ikke kan vedtas, fordi det ikke var klart hvem av "
    "medlemmene som var til stede da det ble stemt over det.",
    "fi": "Valiokunta on päättänyt, että ehdotusta ei voida hyväksyä, koska se ei ollut selvää, "
    "ketkä jäsenistä olivat paikalla, kun siitä äänestettiin, ja myös mitä he sanoivat.",
    "hu": "A bizottság úgy döntött, hogy a javaslat nem fogadható el, mert nem volt világos, hogy "
    "kik azok a tagok, akik jelen voltak, és csak az egyik szavazott meg ezt.",
    "ro": "Comisia a hotărât că propunerea nu poate fi acceptată, pentru că nu era clar care "
    "dintre membri au fost prezenți în sală când s-a votat.",
    "tr": "Komite, öneri için oy verilirken hangi üyelerin orada olduğu çok açık olmadığı için bu "
    "önerinin kabul edilmemesine karar verdi, ama daha sonra yeni bir oylama olacak.",
    "pl": "Komisja zdecydowała, że wniosek nie może być przyjęty, ponieważ nie było jasne, którzy "
    "z członków byli obecni, gdy nad nim głosowano.",
    "cs": "Výbor rozhodl, že návrh nemůže být přijat, protože nebylo jasné, kteří členové byli "
    "přítomni, když se o něm hlasovalo, a co k tomu řekli.",
    "id": "Komite memutuskan bahwa usulan itu tidak dapat diterima karena tidak jelas siapa saja "
    "anggota yang hadir pada saat pemungutan suara untuk usulan tersebut.",
    "ru": "Комитет решил, что предложение не может быть принято.",
    "uk": "Комітет вирішив, що пропозиція не може бути прийнята.",
    "zh": "委员会决定不接受这项提案，因为不清楚表决时有哪些成员在场。",
    "ja": "委員会は、投票の際にどの委員が出席していたのか明らかでないため、提案を却下した。",
    "ko": "위원회는 제안을 받아들이지 않기로 결정했다.",
    "th": "คณะกรรมการตัดสินใจไม่รับข้อเสนอ",
    "ar": "قررت اللجنة عدم قبول الاقتراح",
    "fa": "کمیته تصمیم گرفت که پیشنهاد را نپذیرد",
    "el": "Η επιτροπή αποφάσισε ότι η πρόταση δεν γίνεται δεκτή.",
    "he": "הוועדה החליטה שלא לקבל את ההצעה",
    "hi": "समिति ने प्रस्ताव स्वीकार न करने का निर्णय लिया।",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages(language: str) -> None:
    assert identify(LANGUAGES[language]) == language


@pytest.mark.parametrize(
    "text", ["", "1234 !", "Guten Tag", "x = f(y) + g(z)\n" * 20, "Müller GmbH"]
)
def test_english_when_unsure(text: str) -> None:
    assert identify(text) == "en"


def test_a_language_is_told_in_one_pass() -> None:
    assert grows(lambda many: identify(LANGUAGES["de"] * many), 50, 400) < 3
