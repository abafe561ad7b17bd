"""Who may read a file on the disk finds it by a server, and nobody else, by any route."""

from __future__ import annotations

import itertools
import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.corpus.acl import decoded, rights_of
from lepton_local.errors import DamagedError, InputError
from lepton_local.indexing.check import check
from lepton_local.rights import NOBODY, Person, may_read, told
from lepton_local.serve import app as doors
from lepton_local.serve.guard import Guard
from lepton_local.serve.live import Live
from lepton_local.serve.tokens import Token, TokenFile, add_token
from lepton_local.types import Source
from tests.test_cli import lepton_index, lepton_search
from tests.test_rights import MENU, PAY, Asking

pytestmark = pytest.mark.skipif(not hasattr(os, "listxattr"), reason="no Linux")
WHOM = 0xFFFFFFFF  # an entry that names nobody
NUMBER = 54_321  # of a user without a name


def acl(*entries: tuple[int, int, int]) -> bytes:
    """A list as Linux keeps it: tags, permissions, whom they name."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries)


def own(place: Path) -> tuple[str, str]:
    """The names of the user and the group that a file belongs to."""
    return place.owner(), place.group()


def rule(root: Path, path: str) -> str:
    """Who may read a file under a root."""
    found = rights_of([Source(str(root), path, 0, 0)])
    return found.rules[found.files[str(root)][path]]


def test_the_mode_of_a_file_and_of_each_folder_decides(tmp_path: Path) -> None:
    file = tmp_path / "top" / "hr" / "pay.md"
    file.parent.mkdir(parents=True)
    file.write_text(PAY)
    people = {"owner": Person(own(file)[0]), "group": Person("x", own(file)[1:]), "x": Person("x")}

    def readers(top: int, folder: int, mode: int) -> set[str]:
        for place, bits in ((file, mode), (file.parent, folder), (file.parent.parent, top)):
            place.chmod(bits)
        told = rule(tmp_path / "top", "hr/pay.md")
        return {name for name, person in people.items() if may_read(told, person)}

    assert readers(0o755, 0o755, 0o644) == {"owner", "group", "x"}
    assert rule(tmp_path / "top", "hr/pay.md") == "[]"
    assert readers(0o755, 0o755, 0o640) == {"owner", "group"}
    assert readers(0o755, 0o750, 0o644) == {"owner", "group"}  # nobody else passes the folder
    assert readers(0o700, 0o755, 0o644) == {"owner"}
    assert readers(0o755, 0o711, 0o644) == {"owner", "group", "x"}  # to pass is not to list
    assert readers(0o755, 0o755, 0o604) == {"owner", "x"}  # a group that is shut out
    assert readers(0o755, 0o755, 0o044) == {"group", "x"}
    assert readers(0o755, 0o755, 0o222) == set()


def test_the_list_of_a_file_is_read_as_the_system_reads_it(tmp_path: Path) -> None:
    """Every list of a few entries, by a second way to decide."""
    for own, named, group, team, mask, other in itertools.product((0, 4), repeat=6):
        entries = acl(
            (1, own, WHOM), (2, named, 7), (4, group, WHOM), (8, team, 9), (16, mask, WHOM),
            (32, other, WHOM),
        )  # fmt: skip
        found = decoded(entries, owner="0", group="1", user_named=str, group_named=str)
        told = json.dumps([found.rule(4)])
        assert may_read(told, Person("0", ("1", "9"))) == bool(own)
        assert may_read(told, Person("7", ("1", "9"))) == bool(named & mask)
        assert may_read(told, Person("5", ("1",))) == bool(group & mask)
        assert may_read(told, Person("5", ("1", "9"))) == bool((group | team) & mask)
        assert may_read(told, Person("5", ("3",))) == bool(other)
        assert may_read(told, Person()) == bool(other)
    file = tmp_path / "pay.md"
    file.write_text(PAY)
    listed = acl((1, 6, WHOM), (2, 4, NUMBER), (4, 4, WHOM), (16, 4, WHOM), (32, 0, WHOM))
    try:
        os.setxattr(file, "system.posix_acl_access", listed)
    except OSError:
        pytest.skip("this disk keeps no lists")
    tmp_path.chmod(0o755)
    assert may_read(rule(tmp_path, "pay.md"), Person(str(NUMBER)))
    assert not may_read(rule(tmp_path, "pay.md"), Person("x"))


def test_what_is_not_known_lets_nobody_read(tmp_path: Path) -> None:
    assert rule(tmp_path, "gone.md") == NOBODY
    away = tmp_path / "away.md"
    away.write_text(PAY)
    (tmp_path / "top").mkdir()
    (tmp_path / "top" / "link.md").symlink_to(away)
    assert rule(tmp_path / "top", "link.md") == NOBODY  # it leads out of the root
    for harm in (b"", acl()[:3], struct.pack("<I", 3), acl((64, 7, WHOM)), acl()[:4] + b"x"):
        with pytest.raises(ValueError, match=r"list of a known kind|entry of kind"):
            decoded(harm, owner="", group="", user_named=str, group_named=str)
    for wrong in (NOBODY, "1", "{", "[1]", "[{}]", '[{"users": [], "groups": {}, "other": 1}]'):
        assert not may_read(wrong, Person("0"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two documents, one of them for its owner, his group and nobody else; another of
    the menu alone; and one that knows of no rights.
    """
    place = tmp_path_factory.mktemp("acl")
    for name, text in (
        ("all/hr/faq.md", f"# {BONUS}\n\nThe bonus of the zookeeper is 77 euros.\n"),
        ("all/hr/pay.md", PAY),
        ("all/menu.md", MENU),
        ("alone/menu.md", MENU),
    ):
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.parent.chmod(0o755)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o644)
    (place / "all" / "hr").chmod(0o750)
    for name in ("all", "alone"):
        lepton.build(place / name, place / "indexes" / name, lepton.BuildConfig(acl="posix"))
    lepton.build(place / "alone", place / "indexes" / "open")
    return place


PEOPLE = ("doctor", "nurse", "cook", "guest", "chief")


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[TestClient]:
    user, group = own(place / "all" / "hr")
    for token in (
        Token("doctor", user=user),
        Token("nurse", user="a nurse", groups=("x", group)),
        Token("cook", user="a cook"),
        Token("guest"),
        Token("chief", user="*"),
    ):
        (place / token.name).write_text(add_token(place / "tokens", token))
    names = ("all", "alone", "open")
    made = doors.app(Live([place / "indexes" / name for name in names]), cores=1, version="1")
    guarded = Guard(made, port=80, keys=TokenFile(place / "tokens"))
    with TestClient(guarded, base_url="http://localhost", headers={"Host": "localhost:80"}) as on:
        yield on


@pytest.fixture
def asking(client: TestClient, place: Path) -> dict[str, Asking]:
    return {name: Asking(client, (place / name).read_text()) for name in PEOPLE}


ANSWERS = ("940 euros", "77 euros")
BONUS = "What is the bonus of the zookeeper?"
QUESTION = {"question": "What is the salary of the zookeeper?", "indexes": ["all"]}
ROUTES: list[tuple[str, Any]] = [
    ("/v1/ask", QUESTION),
    ("/v1/search", QUESTION),
    ("/v1/ask?question=salary+zookeeper&indexes=all", None),
    ("/v1/similar", {"text": "the salary of the zookeeper", "indexes": ["all"]}),
    ("/v1/table", {"questions": [QUESTION["question"]], "indexes": ["all"]}),
    ("/v1/ask", {"question": BONUS, "mode": "faq", "indexes": ["all"]}),
    ("/v1/vector_stores/all/search", {"query": "zookeeper salary"}),
    ("/?q=What+is+the+salary+of+the+zookeeper%3F", None),
    ("/?q=What+is+the+bonus+of+the+zookeeper%3F&mode=faq", None),
    ("/save?q=What+is+the+salary+of+the+zookeeper%3F", None),
    ("/document?name=hr/pay.md", None),
    ("/v1/documents/hr/pay.md", None),
    (
        "/mcp",
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": QUESTION["question"]}},
        },
    ),
]


@pytest.mark.parametrize(("path", "body"), ROUTES, ids=[path for path, _ in ROUTES])
def test_who_may_not_read_a_file_finds_it_by_no_route(
    asking: dict[str, Asking], path: str, body: Any
) -> None:
    for name, ask in asking.items():
        headers = {"Accept": "application/json, text/event-stream"}
        told = ask.text(path, body, **headers)  # some routes answer in events
        may = name in ("doctor", "nurse", "chief")
        assert ask.answer.status_code == (404 if "document" in path and not may else 200)
        assert any(each in told for each in ANSWERS) == may, name
        assert ("hr/" in told) == may or "document" in path


def test_every_route_that_tells_of_documents_is_tried(place: Path) -> None:
    tried = {path.partition("?")[0] for path, _ in ROUTES}
    tried |= {"/v1/status", "/v1/feedback", "/v1/documents/{id:path}"}  # below
    tried |= {"/v1/vector_stores/{id}/search", "/v1/pages/{id:path}/{number:int}.png"}
    tried |= {"/v1/pictures/{id:path}.png"}
    tell_nothing = {"/healthz", "/openapi.json", "/search.xml", "/style.css", "/page.js"}
    tell_nothing |= {"/v1/rerank", "/v1/open", "/open", "/rate"}
    made = doors.app(Live([place / "indexes" / "alone"]), cores=1, version="1")
    assert {str(getattr(each, "path", each)) for each in made.routes} <= tried | tell_nothing


def test_a_document_that_may_not_be_read_is_not_there(asking: dict[str, Asking]) -> None:
    cook, doctor = asking["cook"], asking["doctor"]
    for path in (
        "/v1/pages/hr/{}.md/1.png",
        "/v1/pictures/hr/{}.md.png",
        "/v1/documents/hr/{}.md",
        "/v1/similar?document=hr/{}.md",
        "/document?name=hr/{}.md",
    ):
        hidden, gone = (cook.text(path.format(name)) for name in ("pay", "gone"))
        assert cook.answer.status_code == 404
        assert hidden == gone.replace("gone", "pay")
    assert doctor("/v1/documents/hr/pay.md")["document"] == "hr/pay.md"
    tag = doctor.answer.headers["etag"]
    assert "error" in cook("/v1/documents/hr/pay.md", **{"If-None-Match": tag})
    assert cook.answer.status_code == 404  # not 304: it would say that the document is as it was
    page = cook.text("/?q=salary+of+the+zookeeper")
    assert "940 euros" not in page
    assert "pay.md" not in page
    assert "hr/" not in page


def test_an_index_answers_as_if_it_held_nothing_else(asking: dict[str, Asking]) -> None:
    """Nor by weights of words, spellings, counts, hints or times."""
    for question in ("soup leeks friday", "flamimgos salery", "soup type:pdf", "sou*", "zoo*"):
        seen, wanted = (
            asking["cook"]("/v1/ask", {"question": question, "indexes": [name]})
            for name in ("all", "alone")
        )
        for name in ("terms", "corrections", "notes", "null_confidence"):
            assert seen[name] == wanted[name], (question, name)
        for name in ("document", "score", "relevance", "text"):
            assert [h[name] for h in seen["hits"]] == [h[name] for h in wanted["hits"]]
    told = asking["cook"]("/v1/status")
    assert [(each["name"], each["documents"]) for each in told["indexes"]] == [
        ("all", 1),
        ("alone", 1),
        ("open", 0),  # it knows of no rights
    ]
    assert [each["documents"] for each in asking["guest"]("/v1/status")["indexes"]] == [1, 1, 1]
    assert [each["documents"] for each in asking["chief"]("/v1/status")["indexes"]] == [3, 1, 1]


def test_answers_that_one_was_given_are_not_kept_for_another(asking: dict[str, Asking]) -> None:
    for name in ("doctor", "cook", "doctor", "guest"):
        told = json.dumps(asking[name]("/v1/ask", QUESTION))
        assert ("940 euros" in told) == (name == "doctor")


def test_who_sees_less_moves_nothing_for_the_others(asking: dict[str, Asking]) -> None:
    said = {"question": "soup", "good": True, "hit": 1}
    for name in ("doctor", "cook", "guest"):
        asking[name]("/v1/feedback", said)
        assert asking[name].answer.status_code == 403


def test_rights_that_are_changed_hold_after_the_next_update(
    place: Path, asking: dict[str, Asking]
) -> None:
    """Though nothing else of the file has changed, and nothing is read again."""
    menu, indexes = place / "all" / "menu.md", place / "indexes"
    menu.chmod(0o600)
    report = lepton_index("update", str(indexes / "all"), "--json")
    assert json.loads(report.stdout)["changed"] == 0
    assert asking["cook"]("/v1/status")["indexes"][0]["documents"] == 0
    assert asking["chief"]("/v1/status")["indexes"][0]["documents"] == 3
    lepton_index("compact", str(indexes / "all"))
    assert asking["cook"]("/v1/search", {"question": "soup", "indexes": ["all"]})["hits"] == []
    menu.chmod(0o644)
    lepton.update(indexes / "all")
    assert asking["cook"]("/v1/status")["indexes"][0]["documents"] == 1
    assert all(each.ok for each in check(indexes / "all"))


def test_rules_that_cannot_be_are_damage(place: Path, tmp_path: Path) -> None:
    index = lepton.build(place / "alone", tmp_path / "index", lepton.BuildConfig(acl="posix"))
    manifest = tmp_path / "index" / "manifest.json"
    assert index.manifest.rights is not None
    manifest.write_text(manifest.read_text().replace('"menu.md": 0', '"menu.md": 7'))
    with pytest.raises(DamagedError, match="a rule that is not there"):
        lepton.Index.open(tmp_path / "index")


def test_who_a_token_is_for_is_said(tmp_path: Path, place: Path) -> None:
    file = ["--token-file", str(tmp_path / "tokens")]
    lepton_search("token", "add", "nurse", "--user", "nurse", "--group", "staff", *file)
    assert (
        "nurse  all indexes; user nurse; group staff"
        in lepton_search("token", "list", *file).stdout
    )
    story = lepton_index("explain", str(place / "indexes" / "all"), str(place / "all/hr/pay.md"))
    user, group = own(place / "all" / "hr")
    assert f"readers     user {user} and group {group}\n" in story.stdout
    assert told('[{"users":{"a":true},"groups":{"b":false},"other":true}]') == [
        "everybody but group b"
    ]
    assert (told("[]"), told(NOBODY)[0][:6]) == (["everybody"], "nobody")
    assert "kept of each file" in lepton_index("info", str(place / "indexes" / "all")).stdout
    with pytest.raises(InputError, match="expected none or posix"):
        lepton.build(place / "alone", tmp_path / "index", lepton.BuildConfig(acl="nfs"))
