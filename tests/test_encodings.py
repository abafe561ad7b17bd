"""Encodings: paragraphs as people save them, each read as what it was written in."""

# ruff: noqa: E501, RUF001 - signs that look alike, and wide ones, are meant
from __future__ import annotations

from typing import Any

import pytest

from lepton_local.corpus.decode import decode, decode_as, encoding_of
from lepton_local.corpus.words import terms
from lepton_local.errors import SourceError
from tests.parsing import document

TEXTS = {
    "en": "The committee met on 5 March and approved the budget.\nIt will meet again in April.\n",
    "zh": "本公司于2023年3月5日召开董事会，审议通过了关于调整年度预算的议案。会议认为，在当前的市场"
    "环境下，应当控制成本，并且加强对新产品的投入。\n\n第二节 财务状况\n公司总资产为12.5亿元。\n",
    "tw": "本公司於民國一百一十二年三月五日召開董事會，審議通過年度預算調整案。會議認為，在目前的"
    "市場環境之下，應該控制成本，並且加強對新產品的投資。\n\n第二節 財務狀況\n總資產為十二億元。\n",
    "ja": "当社は2023年3月5日に取締役会を開催し、年間予算の見直しに関する議案を承認しました。会議では、"
    "新しい製品への投資を強化すべきであるとの意見が出されました。\n\n第二節　財務の状況\nテスト。\n",
    "ko": "당사는 2023년 3월 5일에 이사회를 열어 연간 예산 조정에 관한 안건을 승인하였습니다. 신제품에 "
    "대한 투자를 강화해야 한다는 의견이 나왔습니다.\n\n제2절 재무 상태\n총자산은 12억 원입니다.\n",
    "fr": "Le comité a décidé que la réunion prévue à l'hôtel aurait lieu en février, malgré les "
    "problèmes évoqués.\nÇa dépend des élèves, bien sûr.\n",
    "quoted": "He said “no”, and paid 5 € – the café’s price…\nIt was all he had.\n",
    "ru": "Комитет решил, что предложение не может быть принято, потому что было неясно, кто из "
    "членов присутствовал при голосовании.\nСледующее заседание состоится в марте.\n",
}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
BARE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")  # without a byte order mark
LEGACY = {
    "zh": ("gb18030", "gbk", "gb2312"),
    "tw": ("big5",),
    "ja": ("shift_jis", "cp932", "euc_jp"),
    "ko": ("euc_kr", "cp949"),
    "fr": ("latin_1", "cp1252"),
    "quoted": ("cp1252",),
    "ru": ("cp1251", "koi8_r"),
}


@pytest.mark.parametrize(
    ("name", "encoding"),
    [(name, encoding) for name in TEXTS for encoding in (*UNICODE, *BARE, *LEGACY.get(name, ()))],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_each_is_read_as_it_was_written(name: str, encoding: str, ends: str) -> None:
    data = TEXTS[name].replace("\n", ends).encode(encoding)
    assert decode(data).removeprefix("\ufeff") == TEXTS[name]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "你好，世界。这是一个测试文件。"),
        ("big5", "您好，這是一份測試文件，請大家多多指教。"),
        ("shift_jis", "これは日本語のテキストファイルです。よろしくお願いします。"),
        ("euc_kr", "안녕하세요. 이것은 시험용 문서입니다. 감사합니다."),
        ("utf-16-le", "ab"),
        ("latin_1", "Café Müller"),
    ],
)
def test_a_line_is_enough(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_big_endian_with_a_mark() -> None:
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\x00\x00\xfe\xff", "utf-32-be")):
        assert decode(mark + TEXTS["ja"].encode(encoding)) == TEXTS["ja"]


@pytest.mark.parametrize("declared", ["undefined", "idna", "base64", "nowhere", "a\0b"])
def test_a_declaration_that_names_no_encoding(declared: str) -> None:
    assert decode_as("Grüße".encode("cp1252"), declared) == "Grüße"
    xml = f"<?xml version='1.0' encoding='{declared}'?><a>Grüße</a>".replace("\0", "")
    assert decode(xml.encode("cp1252")) == xml


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x00\x01",
        b"\x7fELF\x02\x01\x01" + b"\x00" * 9 + b"\x03\x00>\x00",
        b"text and then \x00 a byte",
        bytes(range(256)) * 4,
        b"\x00\x01\x02\x03" * 50,
    ],
)
def test_bytes_that_are_no_text(data: bytes) -> None:
    with pytest.raises(SourceError, match="binary"):
        encoding_of(data)


def test_wide_text_is_told_its_language() -> None:
    assert document("a.txt", TEXTS["fr"].encode("utf-16-be")).language == "fr"
    assert document("a.org", TEXTS["zh"].encode("big5hkscs", "ignore")).language == "zh"


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("cafe\u0301", "caf\u00e9"),  # decomposed, composed
        ("A\u030angstro\u0308m", "Ångström"),
        ("\ufb01nal \ufb02oor o\ufb03ce", "final floor office"),  # ligatures
        ("soft\u00adware", "software"),
        ("no\u2060break", "nobreak"),
        ("Ｆｕｌｌ ｗｉｄｔｈ １２", "full width 12"),
        ("ｶﾀｶﾅ", "カタカナ"),
        ("が", "か\u3099"),
        ("각", "\u1100\u1161\u11a8"),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_spellings_of_one_word_are_the_same_terms(written: str, asked: str, language: str) -> None:
    assert terms(written, language=language) == terms(asked, language=language) != []


class Data(bytes):
    """Bytes that count how often all of them, or all of their text, are gone through."""

    passes = 0

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        Data.passes += 1
        return Text(super().decode(encoding, errors))

    def translate(self, *given: Any, **more: Any) -> bytes:
        Data.passes += 1
        return super().translate(*given, **more)


class Text(str):
    __slots__ = ()

    def count(self, *given: Any) -> int:
        Data.passes += 1
        return super().count(*given)


def test_a_damaged_byte_costs_a_few_passes() -> None:
    """However many different characters there are: one was counted after another."""
    passes = []
    for signs in (1, 3000):
        Data.passes = 0
        text = "".join(chr(0x4E00 + number % signs) for number in range(9000))
        assert decode(Data(text.encode() + b"\xff")) == f"{text}\ufffd"
        passes.append(Data.passes)
    assert passes[0] == passes[1] <= 5
