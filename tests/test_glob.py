"""Patterns of ignore files mean what they mean to git, and take no time that could be swelled."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lepton_local.corpus import ignore
from lepton_local.corpus.crawl import crawl
from lepton_local.corpus.glob import is_pattern, read_patterns
from lepton_local.types import Skipped, Source

NAMES = ["a", "b", "ab", "a.b", "[", "a b", "!a", "#a", "a-", "\\a"]
TREE = [
    *(f"{top}/" for top in NAMES[:4]),
    *(f"{top}/{name}" for top in NAMES[:4] for name in NAMES),
    *(f"{top}/d/{name}" for top in NAMES[:4] for name in NAMES),
    *(f"a/d/e/{name}" for name in NAMES),
    *(f"{name}.md" for name in NAMES),
    *(name for name in NAMES[4:]),
]
PIECES = [
    *("a", "b", "d", "e", "*", "?", "**", "/", "/**/", "**/", "/**", ".", ".md", "-", "#", "!"),
    *(" ", "\\", "\\*", "\\ ", "[ab]", "[!a]", "[^b]", "[a-c]", "[]a]", "[c-a]", "[[:alpha:]]"),
    *("[[:digit:]-]", "[", "]", "[a", "[\\]]", "[a\\-c]", "[--/]", "[[:nope:]]", "***"),
]
LINE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    """A folder that git looks after, with names that patterns could take for something else."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        subprocess.run(["git", "init", "-q", str(root)], check=True, env=_env(root))
        for path in TREE:
            place = root / path
            (place if path.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
            if not path.endswith("/"):
                place.touch()
        yield root


def _env(root: Path) -> dict[str, str]:
    """None of the person's own settings, which name patterns too."""
    return {
        **os.environ,
        "HOME": str(root),
        "XDG_CONFIG_HOME": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def by_git(root: Path, lines: list[str]) -> set[str]:
    (root / ".gitignore").write_text("\n".join(lines))
    told = subprocess.run(
        ["git", "-C", str(root), "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(path.rstrip("/") for path in TREE).encode(),
        capture_output=True,
        env=_env(root),
        check=False,
    )
    assert told.returncode in (0, 1), told.stderr
    return set(told.stdout.decode().split("\0")) - {""}


def by_us(lines: list[str]) -> set[str]:
    patterns = read_patterns(lines)

    def ignored(path: str) -> bool:
        above = path.rstrip("/").rpartition("/")[0]
        return bool((above and ignored(above + "/")) or patterns.say(path))

    return {path.rstrip("/") for path in TREE if ignored(path)}


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, min_size=1, max_size=3))
def test_they_are_gits(tree: Path, lines: list[str]) -> None:
    assert by_us(lines) == by_git(tree, lines)


@pytest.mark.parametrize(
    "line",
    [
        "a\r",
        "a  ",
        "a\\ ",
        "a b",
        "\\#a",
        "\\!a",
        "!a",
        "# a",
        "//",
        "/a/",
        "a//",
        "a/**/b",
        "**/d/b",
    ],
)
def test_they_are_gits_at_the_ends_of_lines(tree: Path, line: str) -> None:
    for lines in ([line], ["*", line], [f"{line}\r", "a"]):
        assert by_us(lines) == by_git(tree, lines)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("a*a*a*a*a*a*a*a*b", "a" * 200),
        ("*a" * 100 + "b", "a" * 255),
        ("**/a/" * 25, "a/" * 40 + "x/"),
        ("**/*a*a*a*b/" * 12 + "c", "aaaaaaaa/" * 60 + "x"),
        ("a/**/" * 20 + "b", "a/" * 200 + "c"),
        ("[!b]*" * 60 + "b", "a" * 255),
        ("?*" * 100 + "b", "a" * 255),
        ("*" * 4000 + "b", "a" * 255),
    ],
)
@pytest.mark.timeout(30)  # a matcher that goes back takes hours
def test_none_runs_on(line: str, path: str) -> None:
    read_patterns([line]).say(path)


def test_what_is_included_lies_where_a_pattern_says() -> None:
    patterns = read_patterns(["docs/", "*.md", "!docs/draft.md", "/src/*.py"])
    covered = {
        path: patterns.cover(path)
        for path in [
            "docs/a.txt",
            "x/docs/y/z.txt",
            "a.md",
            "docs/draft.md",
            "src/a.py",
            "x/src/a.py",
        ]
    }
    assert list(covered.values()) == [True, True, True, False, True, False]


def test_what_can_match_nothing_is_no_pattern() -> None:
    nothing = ["", "#a", "!", "/", "//", "[a", "a\\", "[[:nope:]]", "a" * 5000]
    assert [line for line in nothing if is_pattern(line)] == []
    assert is_pattern("[z-a]")  # to git it is z


@pytest.mark.parametrize("kind", ["pipe", "device", "long", "lines"])
def test_rules_are_read_within_bounds(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody can tell to be ignored or not is left out, and named."""
    monkeypatch.setattr(ignore, "MOST_LINES", 50)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.md").write_text("x")
    (tmp_path / "b.md").write_text("x")
    rules = tmp_path / "sub" / ".gitignore"
    match kind:
        case "pipe" if hasattr(os, "mkfifo"):
            os.mkfifo(rules)
        case "device" if os.path.exists("/dev/zero"):
            rules.symlink_to("/dev/zero")
        case "long":
            rules.write_bytes(b"x" * (ignore.MOST_BYTES + 1))
        case "lines":
            rules.write_text("x\n" * 60)
        case _:
            pytest.skip("this system has none")
    found = list(crawl([tmp_path]))
    assert [item.path for item in found if isinstance(item, Source)] == ["b.md"]
    (refused,) = [item for item in found if isinstance(item, Skipped)]
    assert refused.source.path == "sub"
    assert refused.reason.startswith(".gitignore is ")


def test_rules_may_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("\ufeffa.md\n")
    (tmp_path / ".gitignore").symlink_to("rules")
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("x")
    assert [item.path for item in crawl([tmp_path]) if isinstance(item, Source)] == ["b.md"]
