"""Every door of an encrypted index: the replies of the clear one, and nothing in the clear on the
disk, whoever asks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from lepton_local import BuildConfig
from lepton_local.errors import AlteredError, SecretError
from lepton_local.indexing import builder
from lepton_local.indexing.rewrite import rewrite
from lepton_local.serve import live as live_module
from lepton_local.serve.app import app
from lepton_local.serve.live import Live
from lepton_local.serve.tokens import Token, TokenFile, add_token, digest, load_tokens
from lepton_local.store.keys import KEY_FILE, RING, make_key_file, secret_in
from tests.test_cli import complaint, lepton_index, lepton_search
from tests.test_mcp import call

NOTES = {
    "lease.md": "# Lease\n\nThe rent is 940 euros a month.\n\nThe notice period is three months.\n",
    "cat.md": "# Cat\n\nWho feeds the cat? Nadia feeds the cat in the evening.\n",
    "help.csv": "question,answer\nHow do I pay the rent?,By transfer.\n"
    "How can I pay the rent?,By transfer.\nWho has a key?,Nadia.\n",
    "feed.xml": "<rss version='2.0'><channel><title>House</title><item><title>New roof</title>"
    "<pubDate>Fri, 27 Nov 2026 08:00:00 GMT</pubDate><description>The roof is new.</description>"
    "</item></channel></rss>",
}
SECRETS = (b"940", b"Nadia", b"transfer", b"notice period", b"lease.md", b"roof")
DOORS = [
    ("query", "what is the rent?", "--json"),
    ("query", "what is the rent?", "--verify", "--why"),
    ("batch", "{asked}"),
    ("table", "what is the rent?", "--json"),
    ("similar", "lease.md", "--json"),
    ("faq", "how can I pay my rent", "--json"),
    ("faq-check", "--json"),
    ("related", "what is the rent?", "--json"),
    ("news", "--since", "2020-01-01", "--json"),
    ("questions", "-n", "2"),
    ("chat",),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hidden")
    (folder / "notes").mkdir()
    for name, text in NOTES.items():
        (folder / "notes" / name).write_text(text)
    make_key_file(folder / "key")
    config = BuildConfig(faiss="flat")
    builder.build(folder / "notes", folder / "clear", config)
    builder.build(folder / "notes", folder / "hidden", config, secret=secret_in(folder / "key"))
    (folder / "asked.jsonl").write_text('{"id": 1, "question": "what is the notice period?"}\n')
    return folder


@pytest.fixture
def keyed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RING, "_keys", {})  # as in a new process
    monkeypatch.setenv(KEY_FILE, str(place / "key"))


def told(place: Path, name: str, *typed: str) -> str:
    """What a command prints of an index, without its name and the time it took."""
    more = [each.format(asked=place / "asked.jsonl") for each in typed[1:]]
    done = lepton_search(typed[0], place / name, *more, stdin="what is the rent?\n")
    assert done.exit_code in (0, 1), done.output
    said = re.sub(r'"seconds": ?\{[^}]*\}|\d+(\.\d+)? (ms|s)\b', "", done.stdout)
    return said.replace(str(place / name), "INDEX").replace(f'"{name}"', '"INDEX"')


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize("typed", DOORS, ids=lambda typed: "-".join(typed[:1]))
def test_every_command_says_of_it_what_it_says_of_the_clear_one(
    place: Path, typed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = told(place, "clear", *typed)
    assert told(place, "hidden", *typed) == right
    assert right.strip()
    monkeypatch.setattr(RING, "_keys", {})
    monkeypatch.delenv(KEY_FILE)
    more = [each.format(asked=place / "asked.jsonl") for each in typed[1:]]
    assert "is encrypted, expected its key" in complaint(
        lepton_search(typed[0], place / "hidden", *more)
    )


@pytest.fixture(scope="module")
def written() -> Iterator[list[str]]:
    """The files that this process opens to write, from now on."""
    found: list[str] = []
    on = [True]

    def look(event: str, args: tuple[object, ...]) -> None:
        if on and event == "open" and isinstance(args[0], str | bytes):
            flags = args[2] if isinstance(args[2], int) else 0
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                found.append(os.fsdecode(args[0]))

    sys.addaudithook(look)  # it cannot be taken away
    yield found
    on.clear()


@pytest.mark.usefixtures("keyed")
def test_a_server_of_one_answers_updates_and_keeps_what_is_said_of_it_hidden(
    place: Path, tmp_path: Path, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, index = tmp_path / "notes", tmp_path / "hidden"
    shutil.copytree(place / "notes", notes)
    builder.build(notes, index, BuildConfig(faiss="flat"), secret=secret_in(place / "key"))
    make_key_file(tmp_path / "other")
    monkeypatch.setattr(live_module, "PATIENCE", 60.0)  # for what is newer
    written.clear()
    live = Live([index])
    with TestClient(app(live, cores=1)) as on:
        asked = {"question": "what is the rent?"}
        found = on.post("/v1/ask", json=asked).json()
        assert found["answer"]["text"] == "940 euros a month"
        assert on.post("/v1/search", json=asked).json()["hits"]
        assert on.get("/v1/similar", params={"document": "lease.md"}).json()["hits"]
        assert "940 euros" in on.get("/", params={"q": "what is the rent?"}).text
        table = on.post("/v1/table", json={"questions": ["what is the rent?"]}).json()
        assert "940 euros" in json.dumps(table)
        assert on.post("/v1/feedback", json={"good": True, **asked}).status_code == 200
        (notes / "lease.md").write_text(NOTES["lease.md"].replace("940", "955"))
        builder.update(index)
        assert on.post("/v1/ask", json=asked).json()["answer"]["text"] == "955 euros a month"
        text, _, failed = call(live, "ask", question="what is the rent?")
        assert "955 euros" in text, failed
        # A new key, which this process does not have: it says so, and asks nobody.
        rewrite(index, secret_in(tmp_path / "other"))
        monkeypatch.setattr(RING, "_keys", {})
        lost = on.post("/v1/ask", json=asked)
        assert (lost.status_code, lost.json()["error"]) == (
            503,
            f"{place / 'key'} does not open {index}, expected its key or passphrase",
        )
        monkeypatch.setenv(KEY_FILE, str(tmp_path / "other"))
        assert on.post("/v1/ask", json=asked).json()["answer"]["text"] == "955 euros a month"
    kept = (os.environ["LEPTON_DATA"], os.environ["LEPTON_CACHE"])  # marks, and models
    ours = (str(index), str(notes), *kept)
    beside = (str(tmp_path / ".hidden"), "/dev/null")
    assert [each for each in written if not each.startswith((*ours, *beside))] == []
    for path in (tmp_path / "hidden.feedback.jsonl", *index.rglob("*")):
        if path.is_file():
            assert not any(secret in path.read_bytes() for secret in SECRETS), path


@pytest.mark.usefixtures("keyed")
def test_tokens_are_kept_encrypted(place: Path, tmp_path: Path) -> None:
    """From the first, or from later on; an older copy lets nobody in who has been taken out."""
    file = tmp_path / "tokens"
    typed = ("--token-file", file)
    key = ("--key-file", place / "key")
    assert lepton_search("token", "add", "one", "--filter", "path:hr/*", *typed).exit_code == 0
    assert b"hr/*" in file.read_bytes()
    two = lepton_search("token", "add", "two", *typed, "--encrypt", *key).stdout.strip()
    whole = file.read_bytes()
    assert not any(word in whole for word in (b"hr/*", b"one", digest(two).encode()))
    assert lepton_search("token", "list", *typed).stdout.split("  ")[0] == "one"
    server = TokenFile(file)
    holder = server.holder(digest(two))
    assert holder is not None
    assert holder.name == "two"
    assert lepton_search("token", "revoke", "two", *typed).exit_code == 0
    assert server.holder(digest(two)) is None
    newer = file.read_bytes()
    file.write_bytes(whole)
    assert server.holder(digest(two)) is None
    with pytest.raises(AlteredError, match="is an older copy: it is number 1, and number 2 has"):
        load_tokens(file)
    for data in (newer.replace(b'"sealed": "', b'"sealed": "A'), newer.replace(b'"key"', b'"ke"')):
        file.write_bytes(data)
        assert "was altered (" in complaint(lepton_search("token", "list", *typed))
    file.write_bytes(newer)
    add_token(file, Token("three"))
    assert [each.name for each in load_tokens(file)] == ["one", "three"]


def test_tokens_without_their_key_are_told_in_a_line(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ("--token-file", tmp_path / "tokens")
    none = complaint(lepton_search("token", "add", "a", *typed, "--encrypt"))
    assert "nobody can be asked for a passphrase, expected a key file" in none
    key = ("--key-file", place / "key")
    assert lepton_search("token", "add", "a", *typed, "--encrypt", *key).exit_code == 0
    monkeypatch.setattr(RING, "_keys", {})
    with pytest.raises(SecretError, match="is encrypted, expected its key"):
        TokenFile(tmp_path / "tokens")
    make_key_file(tmp_path / "wrong")
    wrong = lepton_search("token", "list", *typed, "--key-file", tmp_path / "wrong")
    assert "wrong does not open" in complaint(wrong)


def test_units_name_the_key(place: Path) -> None:
    key = place / "key"
    said = lepton_search("serve", place / "hidden", "--print-unit", "--key-file", key).stdout
    assert said.count(f" --key-file {key}") == 2


@pytest.mark.usefixtures("keyed")
def test_a_wrong_key_is_one_line(place: Path, tmp_path: Path) -> None:
    make_key_file(tmp_path / "wrong")
    for typed in (("serve", "--port", "0"), ("mcp",), ("query", "what is the rent?")):
        command, *more = typed
        said = lepton_search(command, place / "hidden", *more, "--key-file", tmp_path / "wrong")
        assert "wrong does not open" in complaint(said)
    assert "does not open" in complaint(
        lepton_index("check", place / "hidden", "--key-file", tmp_path / "wrong")
    )
