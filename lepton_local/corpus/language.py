"""Which language a text is in: by its script, and where languages share one, by their letters or
commonest words.

A table, no model: nothing to load, the same answer everywhere, and a tenth of a millisecond for the
2,000 characters that tell a document's language. What it decides is which stemmer reads the words,
so English is the answer for any Latin text that is too short or too mixed to tell.
"""

# ruff: noqa: RUF001 - signs that look alike are meant
from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping

_LEAST = 60  # letters; a shorter Latin text is taken for English
_SHARE = 0.06  # of its words that must be common words of the language
_LEAD = 1.15  # times the common words of English that another language must have

# Where scripts begin in Unicode. "latin", "cyrillic", "arabic" and "cjk" are shared by languages;
# "-" is no letter.
_SCRIPTS = [
    (int(start, 16), name)
    for start, name in (
        pair.split(":")
        for pair in [
            "0:-",
            "41:latin",
            "5B:-",
            "61:latin",
            "7B:-",
            "C0:latin",
            "250:-",
            "370:el",
            "400:cyrillic",
            "530:hy",
            "590:he",
            "600:arabic",
            "700:-",
            "750:arabic",
            "780:-",
            "900:hi",
            "980:bn",
            "A00:pa",
            "A80:gu",
            "B00:-",
            "B80:ta",
            "C00:te",
            "C80:kn",
            "D00:ml",
            "D80:si",
            "E00:th",
            "E80:lo",
            "F00:bo",
            "1000:my",
            "10A0:ka",
            "1100:ko",
            "1200:am",
            "13A0:-",
            "1780:km",
            "1800:mn",
            "18B0:-",
            "1E00:latin",
            "1F00:el",
            "2000:-",
            "3041:ja",
            "3100:-",
            "3130:ko",
            "3190:-",
            "3400:cjk",
            "4DC0:-",
            "4E00:cjk",
            "A000:-",
            "AC00:ko",
            "D7B0:-",
            "F900:cjk",
            "FB00:-",
            "FB50:arabic",
            "FE00:-",
            "FE70:arabic",
            "FEFF:-",
            "20000:cjk",
            "32000:-",
        ]
    )
]
_STARTS = [start for start, _ in _SCRIPTS]
# Letters that only one of the languages of a script has.
_CYRILLIC = {"uk": "іїєґ", "be": "ўі", "sr": "ђћџљњј", "mk": "ѓќѕ", "ru": "ыэё", "bg": "ъщ"}
_ARABIC = {"ur": "ٹڈڑےں", "fa": "پچژگکی"}

_COMMON = {
    "en": "the of and to in is that for it was on are as with be at by this have from or had "
    "not but which were they an has their been its who you we can all will more when if",
    "de": "der die und das den von zu mit sich des auf für ist im dem nicht ein eine als auch "
    "es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über "
    "einen so zum war haben nur oder aber vor zur bis wenn",
    "fr": "de la le et les des en un du une que est pour qui dans par plus au pas sur ne se il "
    "sont ce avec son aux mais ou cette ont été leur nous elle vous ces être fait sa ses "
    "lui comme si sans peut tout",
    "es": "de la que el en los se del las un por con no una su para es al lo como más pero sus "
    "le ha este sí porque esta entre cuando muy sin sobre también hasta hay donde desde "
    "todo nos durante fue ser son",
    "it": "di che il la per un in non una con si del da le sono al dei come della più nel alla "
    "gli anche delle ma lo ha questo se dal nella ed degli era essere suo cui ad viene "
    "sul tra loro",
    "pt": "de que do da em um para com não uma os no se na por mais as dos como mas foi ao ele "
    "das tem seu sua ou ser quando muito há nos já está também pelo pela até isso são "
    "entre sem mesmo aos",
    "nl": "de van het een en in is dat op te zijn met voor niet die aan er om ook als dan maar "
    "bij of uit nog worden door naar heeft hebben over ze zich was wordt tot je deze kan "
    "wel geen werd hij",
    "sv": "och att det som en på är av för med till den har de inte om ett han var men sig från "
    "så vi kan när år under också efter eller nu sin där vid mot ska skulle kommer ut får "
    "finns vara hade alla",
    "da": "og at det er en til på som med af for den de har der ikke et om var han men kan fra "
    "sig så vil eller blev ved hun efter også være nu over da ud skal når have blive jeg "
    "hvis disse mellem bliver",
    "no": "og det er at på en som til med av for den har de ikke et om var han men kan fra seg "
    "så vil eller ble ved hun etter også være nå over da ut skal når ha bli jeg hvis "
    "disse mellom blir sitt",
    "fi": "ja on ei että se oli hän ovat joka mutta myös kun tai sen mukaan ole kuin niin jos "
    "sekä vain voi jonka olla olisi jo jotka mitä sitä siitä vielä hänen noin siis koska "
    "tämä kanssa ollut vuonna",
    "hu": "az és hogy nem is egy ez meg volt de csak már azt mint ha vagy még el ki fel kell "
    "lehet mert majd van után között által olyan szerint ezt aki pedig amely során minden "
    "lesz voltak",
    "ro": "și de în la cu pe că nu este din care un pentru sa mai au fost sau prin să ce se dar "
    "ca fi lui al le sunt după acest această între foarte dacă când până către cele unor",
    "tr": "ve bir bu da de için ile olarak çok daha gibi olan en sonra kadar ne ise ki değil "
    "var ama her tarafından olduğu oldu üzere ancak göre veya ya yeni iki kendi şekilde "
    "içinde sadece",
    "pl": "na się do nie to że jest od po za przez jak ale dla co są oraz był może tym przy "
    "jego które który która tylko już lub tak być ich jej pod czy ze został jako",
    "cs": "se na je že do to ve jako za by ale po pro jsou byl od nebo která který které však "
    "při až jeho také může jen tak bylo podle než být aby už není ze",
    "id": "yang dan di dengan untuk dari dalam pada ini adalah itu tidak akan oleh sebagai juga "
    "ke atau karena dapat mereka ada telah lebih bahwa saat tersebut menjadi seperti "
    "sudah bisa hanya",
    "ca": "de la el que en les del els per un amb una és es al no va més com ha seva seu són "
    "però aquest aquesta entre també pel dels als molt quan perquè fou on ser han hi",
}
# Letters that of these languages only one has: a word with one counts like a common word.
_OWN = {
    letter: pair[:2]
    for pair in "cs:řěů de:ß es:ñ hu:őű pl:łąęśźż pt:ãõ ro:țșă tr:ığ".split()
    for letter in pair[3:]
}
_LANGUAGES: dict[str, list[str]] = {}
for _language, _words in _COMMON.items():
    for _word in dict.fromkeys(_words.split()):
        _LANGUAGES.setdefault(_word, []).append(_language)
_WORD = re.compile(r"[^\W\d_]{2,}")  # a letter alone is a variable as often as a word


def identify(text: str) -> str:
    """The language of a text as an ISO 639-1 code; "en" for Latin text that is short or mixed, and
    for no letters.
    """
    if text.isascii():
        return _latin(text)
    letters: Counter[str] = Counter()
    for sign, count in Counter(text).items():
        letters[_SCRIPTS[bisect_right(_STARTS, ord(sign)) - 1][1]] += count
    del letters["-"]
    # A character of the East stands for about two letters of an alphabet.
    for name in ("cjk", "ja", "ko"):
        letters[name] *= 2
    script, most = max(letters.items(), key=lambda item: item[1], default=("latin", 0))
    if not most:
        return "en"
    if script in ("cjk", "ja"):
        # Japanese prose has a kana in three characters or more; Chinese quotes a word of it at
        # most.
        return "ja" if letters["ja"] * 10 > letters["cjk"] + letters["ja"] else "zh"
    if script == "latin":
        return _latin(text)
    if script == "cyrillic":
        return _by_letters(text.lower(), _CYRILLIC, "ru")
    return _by_letters(text, _ARABIC, "ar") if script == "arabic" else script


def _by_letters(text: str, table: Mapping[str, str], default: str) -> str:
    """The language of the table whose own letters are commonest, if they are a hundredth of the
    text.
    """
    counts = {language: sum(map(text.count, letters)) for language, letters in table.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] * 100 > len(text) else default


def _latin(text: str) -> str:
    words = _WORD.findall(text.lower())
    if sum(map(len, words)) < _LEAST:
        return "en"
    votes: Counter[str] = Counter()
    for word, count in Counter(words).items():
        for language in _LANGUAGES.get(word, ()):
            votes[language] += count
        if not word.isascii():
            own = next((_OWN[letter] for letter in word if letter in _OWN), "")
            if own:
                votes[own] += count
    best = max(votes, key=votes.__getitem__, default="en")
    sure = votes[best] >= len(words) * _SHARE and votes[best] > votes["en"] * _LEAD
    return best if sure else "en"
