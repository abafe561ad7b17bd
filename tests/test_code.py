"""Source code: pieces found by grammars and by patterns, and passages that hold whole functions."""

from __future__ import annotations

import pytest

from lepton_local.corpus.chunk import chunk
from lepton_local.corpus.formats import syntax
from tests.parsing import document, left_out, marked, quick

PYTHON = '''"""Doc."""
import os

# About A.
@decorated(
    1)
class A:
    """Hé."""

    async def run(self):
        def inner(): pass
        return 1

    after = 2

def f():
    pass

if __name__ == "__main__":
    f()
'''
CODE = {
    "a.py": (PYTHON, ["class A", "def A.run", "def A.run.inner", "def f"]),
    "a.ts": (
        "export default class A {\n}\nasync function f() {}\ninterface I {}",
        ["class A", "function f", "interface I"],
    ),
    "a.rs": (
        "#[test]\npub(crate) fn f() {}\nimpl<T> A<T> {\n    /// Goes.\n    pub fn g() {}\n}",
        ["fn f", "impl A", "fn A.g"],
    ),
    "a.go": ("// Runs.\nfunc (s *S) Run() {}\ntype S struct {}", ["func Run", "type S"]),
    "a.c": (
        "/* Runs. */\nstatic int *run(int a)\n{\n  return f(a);\n}\nstruct s {\n};",
        ["function run", "struct s"],
    ),
    "a.cpp": ("namespace n {\n}\nvoid n::Q::m() {\n}", ["namespace n", "function n::Q::m"]),
    "a.rb": ("module M\n  def ok?\n  end\nend", ["module M", "def M.ok?"]),
    "a.sh": ("go() {\n}", ["function go"]),
    "a.java": ("public final class A {\n}", ["class A"]),
    "a.php": ("<?php\nclass A {\n  public function b() {}\n}", ["class A", "function A.b"]),
    "a.kt": ("class A\n", ["class A"]),
}


@pytest.mark.parametrize("path", CODE)
@pytest.mark.parametrize("extra", [True, False])
def test_code_with_and_without_grammars(
    path: str, extra: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not extra:
        monkeypatch.setattr(syntax, "_language", lambda grammar: None)
    text, labels = CODE[path]
    found = document(path, text)
    assert found.text == text
    assert (
        list(dict.fromkeys(mark.label for mark in found.marks if "level" not in mark.label))
        == labels
    )
    assert left_out(found) == ""


def test_grammars_know_more_than_patterns() -> None:
    assert marked(document("a.py", PYTHON)) == [
        ("class A", "# About A."),
        ("def A.run", "    async def run(self):"),
        ("def A.run.inner", "        def inner(): pass"),
        ("def A.run", "return 1"),
        ("class A", "after = 2"),
        ("def f", "def f():"),
        ("module level", 'if __name__ == "__main__":'),
    ]
    script = "class A {\n  run(): void {}\n}\nexport const go = () => { return 1 }"
    assert [mark.label for mark in document("a.ts", script).marks] == [
        *("class A", "method A.run", "function go")
    ]
    assert [mark.label for mark in document("a.kt", "class A { fun b() {} }").marks] == [
        *("class A", "function A.b")
    ]


def test_functions_are_not_cut_through() -> None:
    text = "".join(
        f"class C{n}:\n    def f{n}(self):\n"
        + f"        value = compute({n})\n" * (n % 4 + 2)
        + "        return value\n\n"
        for n in range(20)
    )
    found = list(chunk(document("a.py", text), quick, tokens=80, overlap=10))
    for n in range(20):
        body = text[text.index(f"    def f{n}(") :].partition("\n\n")[0]
        assert any(body in passage.text for passage in found), body
