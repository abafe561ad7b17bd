"""The marks in a question, and the questions of people who mean none."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lepton_local.errors import InputError
from lepton_local.search.notes import said
from lepton_local.search.question import parse_question, without_conditions

MARKED: dict[str, tuple[str, list[str]]] = {  # and the text that is left, the conditions
    '"letter of intent" signed': ("letter of intent signed", ['with "letter of intent"']),
    'contract -"draft contract"': ("contract", ['without "draft contract"']),
    '于新加坡"SCV" 播放': ("于新加坡SCV 播放", ['with "SCV"']),
    "release -draft, please": ("release please", ["without draft"]),
    "jobs -part-time": ("jobs", ['without "part-time"']),
    "jobs -part-time?": ("jobs", ['without "part-time"']),
    "names -O'Brien -os.path -C++": (
        "names",
        ["without O'Brien", "without os.path", "without C++"],
    ),
    "文字 -中文 -文": ("文字", ["without 中文", "without 文"]),
    "find x -name y": ("find x y", ["without name"]),
    "cat OR dog": ("cat dog", ["with cat or dog"]),
    "cats OR dogs OR birds food": ("cats dogs birds food", ["with cats or dogs or birds"]),
    '"term sheet" OR loi, 2026': ("term sheet loi, 2026", ['with "term sheet" or loi']),
    "(part-time OR freelance) jobs": (
        "(part-time freelance) jobs",
        ['with "part-time" or freelance'],
    ),
    "invo*": ("invo", ["with invo*"]),
    "late invo*, paid": ("late invo, paid", ["with invo*"]),
    "late -invo*": ("late", ["without invo*"]),
    "invo* OR bill": ("invo bill", ["with invo* or bill"]),
    r"open /INV-\d{4}/": ("open", [r"with /INV-\d{4}/"]),
    r"/INV-\d{4}/": ("INV", [r"with /INV-\d{4}/"]),
    r"/\d{4}/": (r"/\d{4}/", [r"with /\d{4}/"]),
    "/colou?r/i of paint": ("of paint", ["with /colou?r/i"]),
    r"where is /def \w+_total/ used": ("where is used", [r"with /def \w+_total/"]),
    r"-/todo.*fixme/ tasks": ("tasks", ["without /todo.*fixme/"]),
    r"/a\/b+/ path": ("path", [r"with /a\/b+/"]),
    "budget type:pdf": ("budget", ["with type:pdf"]),
    "budget type:pdf,docx?": ("budget", ["with type:pdf or type:docx"]),
    "budget -type:pdf": ("budget", ["without type:pdf"]),
    "budget type:pdf OR author:lee": ("budget", ["with type:pdf or author:lee"]),
    'budget title:"annual report"': ("budget", ["with title:annual report"]),
    "budget date:2026-01/2026-03 after:30d": (
        "budget",
        ["with date:2026-01/2026-03", "with after:30d"],
    ),
    "budget path:src/a/b path:*.md": ("budget", ["with path:src/a/b", "with path:*.md"]),
    'budget path:"My Notes/a (1).md"': ("budget", ["with path:My Notes/a (1).md"]),
    "budget path:a(1).md": ("budget", ["with path:a(1).md"]),
    "budget (lang:de, tag:travel)": ("budget (", ["with lang:de", "with tag:travel"]),
}
# Of commands, code, paths, times, and people.
PLAIN = r"""
git log -p
git commit -a -m message
git rebase -i HEAD~3
ls -la /usr/bin/ /etc/
tar xf a.tgz -C /tmp
docker run -it --rm -p 8080:80 nginx
gcc -O2 -std=c++17 -march=native
what does /* istanbul ignore next */ do
what is // and /** in code
a/b/c and src/a/b and ./x and ../y and ~/z
/home/me/.config/ and /node_modules/ and /conf.d/
C:\x and C:\Users\me\Documents\
https://example.org/a/b?c=d&e=*#f
http://localhost:8080/api/v1/{id}/
mail me at a.b@example.org: now
12:30 or 9:15 - 10:45
and/or, he/she, w/o, 24/7, km/h
5 * 3 * 2 = 30
SELECT * FROM t WHERE a*b
**bold** and *italic* text
char *p and **kwargs and *args
f*** this
title: what is the title of this
Error: type: expected string
author : who
path::join and std::path::Path and before:lunch after:dinner
time-out -5 degrees - minus 3
-1 + -2
well-known part-time e-mail
a 5" pipe and a 7" pipe
he said "?!"
IS THIS TRUE OR FALSE IN SQL
OR gates and AND gates
cats or dogs
to be OR
OR
AND OR
re: meeting @ 12:30, room #5
what's the C# equivalent of C++'s std::vector<int>?
x = y[0] + z{1}
^start and end$
(a|b)
50% of $100
what is "
""
:-) and ;-)
a.b:c.d
foo:bar baz:
type: pdf
date:soon
lang:
tag: travel
""".strip().splitlines()


@pytest.mark.parametrize("asked", MARKED)
def test_marks_do_what_they_look_like(asked: str) -> None:
    found = parse_question(asked)
    text, conditions = MARKED[asked]
    assert found.text == text
    assert [said(each) for each in (*found.conditions, *found.filters)] == conditions


@pytest.mark.parametrize("asked", PLAIN)
def test_questions_of_people_are_only_words(asked: str) -> None:
    if not re.search(r"\w", asked):
        with pytest.raises(InputError, match="asks nothing"):
            parse_question(asked)
        return
    found = parse_question(asked)
    assert (found.conditions, found.filters, found.prefixes) == ((), (), ())
    assert found.text == found.words == " ".join(asked.split())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (r"/(foo/ bar", r"/\(foo/ is no regular expression that RE2 knows \(missing \)\)"),
        (r"/(a)\1/ bar", r"no regular expression that RE2 knows \(invalid escape sequence: \\1\)"),
        (r"/a(?=b)/ bar", "invalid perl operator"),
        ("budget date:2026-13", "'date:2026-13' has no date, expected a day such as 2026-01-31"),
        ("budget after:31", "'after:31' has no date"),
        ("type:pdf OR budget", "'type:pdf OR budget' chooses between a filter and words"),
        ("type:pdf -draft", "asks nothing, expected words to search by"),
    ],
)
def test_a_condition_that_cannot_be_is_an_error_of_one_line(asked: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        parse_question(asked)
    assert "\n" not in str(error.value)


SIGNS = st.text('abOR -"/*:.,()\\[]{}?+|^$\n\u00e9\u4e2dtype', max_size=40)
PIECES = st.lists(
    st.sampled_from(
        '"a b" -ab -abc -a-b OR a* abc* /a+b/ /x/ type:pdf type: title:"a b" date:2026 path:/a - " '
        "-type:md -/a.*/i lang:de,fr ( ) , -abc*".split(" ")
    ),
    max_size=8,
).map(" ".join)


def refused(asked: str) -> str:
    """What is said of a question that cannot be asked; nothing of any other."""
    try:
        return "" if re.search(r"\w", parse_question(asked).text) else "\n"
    except InputError as error:
        return error.message


@example("OR a OR")
@example("/a* b+/ OR x")
@example('-type:md"a b"')
@given(SIGNS | PIECES | st.text(max_size=40))
def test_whatever_is_typed_is_understood_or_refused_in_a_line(asked: str) -> None:
    assert "\n" not in refused(asked)
    plain = without_conditions(asked)
    words = re.findall(r"[^\W_]+", plain.lower())
    assert words == re.findall(r"[^\W_]+", asked.lower())
    if words:
        told = parse_question(plain)
        assert (told.conditions, told.filters) == ((), ())
