"""What programs are told by HTTP: each route against openapi.json, each state by its tag."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

import lepton_local as lepton
from lepton_local.search.record import hit_record, result_record
from lepton_local.serve import app as doors
from lepton_local.serve import opening
from lepton_local.serve.door import Door
from lepton_local.serve.live import Live

LEASE = (
    "# Lease\n\nThe notice period is three months.\n\n## Rent\n\nThe rent is 940 euros a month.\n"
)
SALT = "Barges carry salt to the harbour.\n"
DESCRIBED: dict[str, Any] = json.loads(
    files("lepton_local.serve").joinpath("openapi.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two indexes, of a lease and of two texts about salt."""
    place = tmp_path_factory.mktemp("api")
    for name in ("flat", "sea"):
        (place / name).mkdir()
    (place / "flat" / "lease.md").write_text(LEASE, encoding="utf-8")
    (place / "sea" / "salt.txt").write_text(SALT, encoding="utf-8")
    (place / "sea" / "more salt.txt").write_text(f"More {SALT}", encoding="utf-8")
    for name in ("flat", "sea"):
        lepton.build(place / name, place / "indexes" / name)
    return place


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    made = doors.app(Live([folder / "indexes" / name for name in ("flat", "sea")]), cores=2)
    with TestClient(made, raise_server_exceptions=False) as on:
        yield on


def called(client: TestClient, method: str, path: str, **given: Any) -> Any:
    """What a request gives, which is as it is described; of a refusal, what is wrong."""
    answer = client.request(method, path, **given)
    described(method, path, answer.status_code, answer)
    if answer.status_code >= 400:
        return answer.json()["error"]
    return answer.json()


def described(method: str, path: str, status: int, answer: Any) -> None:
    """Hold an answer against what is said of its route."""
    (pattern,) = (each for each in DESCRIBED["paths"] if named(each, path))
    told = DESCRIBED["paths"][pattern][method.lower()]["responses"][str(status)]
    if "$ref" in told:
        told = DESCRIBED["components"]["responses"][told["$ref"].rpartition("/")[2]]
    schema = told["content"]["application/json"]["schema"]
    jsonschema.validate(answer.json(), {**schema, "components": DESCRIBED["components"]})


def named(pattern: str, path: str) -> bool:
    """Whether a path is one of a pattern's."""
    return bool(
        re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(pattern)), path.partition("?")[0])
    )


def test_every_route_is_described_and_every_path_is_there(client: TestClient, folder: Path) -> None:
    made = doors.app(Live([folder / "indexes" / "flat"]), cores=1)
    there = {
        (re.sub(r":\w+}", "}", route.path), method.lower())
        for route in made.routes
        if isinstance(route, Route) and route.path.startswith(("/v1/", "/healthz", "/openapi"))
        for method in route.methods or ()
        if method != "HEAD"
    }
    told = {(path, method) for path, methods in DESCRIBED["paths"].items() for method in methods}
    assert there == told
    assert client.get("/openapi.json").json() == DESCRIBED


def test_a_question_may_come_in_the_address(client: TestClient) -> None:
    asked = {"question": "What is the rent?", "k": 1, "filters": ["type:markdown"]}
    posted = called(client, "POST", "/v1/ask", json=asked)
    got = called(client, "GET", "/v1/ask", params=asked)
    assert posted["answer"]["text"] == "940 euros a month"
    assert got | {"seconds": 0} == posted | {"seconds": 0}


def test_each_index_is_asked_by_its_name(client: TestClient, folder: Path) -> None:
    told = called(client, "GET", "/v1/status")
    assert [each["name"] for each in told["indexes"]] == ["flat", "sea"]
    assert told["documents"] == 3
    asked = {"question": "salt rent", "indexes": ["sea"]}
    found = called(client, "POST", "/v1/ask", json=asked)
    assert {hit["document"] for hit in found["hits"]} == {"salt.txt", "more salt.txt"}
    with lepton.Searcher.open(folder / "indexes" / "sea") as alone:
        wanted = result_record(alone.answer("salt rent"))
    assert found["hits"] == json.loads(json.dumps(wanted["hits"]))
    wrong = {"question": "salt", "indexes": ["air"]}
    assert "'air' is not served" in called(client, "POST", "/v1/search", json=wrong)


def test_an_answer_is_told_once_by_its_tag(client: TestClient) -> None:
    for path in ("/v1/ask?question=rent", "/v1/status", "/v1/documents/lease.md", "/openapi.json"):
        tag = client.get(path).headers["etag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_document_is_told_with_its_marks(client: TestClient) -> None:
    told = called(client, "GET", "/v1/documents/lease.md")
    assert told["text"] == LEASE.rstrip("\n")
    assert [(each["line"], each["path"]) for each in told["outline"]] == [
        (1, "Lease"),
        (5, "Lease > Rent"),
    ]
    assert all(LEASE[each["start"]] == "#" for each in told["marks"])
    part = called(client, "GET", "/v1/documents/more%20salt.txt?first=1&last=1")
    assert (part["text"], part["lines"]) == (f"More {SALT.rstrip()}", 1)
    assert "gone.md is not in the index" in called(client, "GET", "/v1/documents/gone.md")
    assert "first is 'x'" in called(client, "GET", "/v1/documents/lease.md?first=x")


def test_documents_are_like_each_other(client: TestClient, folder: Path) -> None:
    told = called(client, "POST", "/v1/similar", json={"document": "salt.txt", "k": 1})
    assert [hit["document"] for hit in told["hits"]] == ["more salt.txt"]
    like = called(
        client,
        "GET",
        "/v1/similar",
        params={"text": "The rent of an apartment, and its notice period", "k": 1},
    )
    assert [hit["document"] for hit in like["hits"]] == ["lease.md"]
    with lepton.Searcher.open(folder / "indexes" / "sea") as alone:
        wanted = [hit_record(hit, 1) for hit in alone.similar("salt.txt", k=1)]
    assert told["hits"] == json.loads(json.dumps(wanted))


def test_no_file_is_read_that_no_index_holds(client: TestClient, folder: Path) -> None:
    secret = folder / "secret.txt"
    secret.write_text("The password is otter.\n", encoding="utf-8")
    told = called(client, "POST", "/v1/similar", json={"document": str(secret)})
    assert "is not in the index" in told
    assert "is not in the index" in called(client, "GET", f"/v1/documents/{secret}")
    assert "names no one thing" in called(client, "POST", "/v1/similar", json={})


def test_a_table_goes_on_where_it_ended(client: TestClient) -> None:
    asked = {"questions": ["What is the rent?"], "k": 2}
    first = called(client, "POST", "/v1/table", json=asked)
    assert (first["documents"], first["next"]) == (3, 2)
    last = called(client, "POST", "/v1/table", json=asked | {"skip": first["next"]})
    assert (last["next"], len(last["rows"])) == (None, 1)
    rows = first["rows"] + last["rows"]
    answers = {row["document"]: row["cells"][0]["answer"] for row in rows}
    assert answers["lease.md"]["text"] == "940 euros a month"
    assert answers["salt.txt"] is None


def test_a_vector_store_is_searched_as_others_are(client: TestClient) -> None:
    asked = {"query": ["salt", "rent"], "max_num_results": 2}
    page = called(client, "POST", "/v1/vector_stores/all/search", json=asked)
    assert page["search_query"] == ["salt", "rent"]
    assert len(page["data"]) == 2
    narrowed = {
        "query": "salt",
        "filters": {
            "type": "and",
            "filters": [
                {"type": "eq", "key": "path", "value": "*.txt"},
                {"type": "nin", "key": "path", "value": ["more salt.txt", "x"]},
            ],
        },
    }
    page = called(client, "POST", "/v1/vector_stores/sea/search", json=narrowed)
    (only,) = page["data"]
    assert (only["file_id"], only["content"][0]["text"]) == ("salt.txt", SALT.rstrip())
    for path, wrong in (
        ("sea", {"filters": {"type": "gt", "key": "size", "value": 1}}),
        ("sea", {"filters": {"type": "or", "filters": []}}),
        ("sea", {"max_num_results": 51}),
        ("air", {}),
    ):
        assert called(
            client, "POST", f"/v1/vector_stores/{path}/search", json={"query": "a"} | wrong
        )


def test_texts_are_judged(client: TestClient) -> None:
    texts = ["Barges carry salt.", "The rent is 940 euros.", {"text": "It rains."}]
    asked = {"query": "What is the rent?", "documents": texts, "return_documents": True, "top_n": 2}
    told = called(client, "POST", "/v1/rerank", json=asked)
    first, second = told["results"]
    assert (first["index"], first["document"]["text"]) == (1, texts[1])
    assert first["relevance_score"] > second["relevance_score"]
    assert "documents is [1]" in called(
        client, "POST", "/v1/rerank", json=asked | {"documents": [1]}
    )


def test_a_file_is_opened_only_where_that_is_allowed(client: TestClient, folder: Path) -> None:
    asked = {"document": "lease.md"}
    assert "--allow-open" in called(client, "POST", "/v1/open", json=asked)
    assert client.post("/open", data=asked).status_code == 403
    launched: list[str] = []

    def launch(file: str) -> int:
        launched.append(file)
        return 0

    door = Door(Live([folder / "indexes" / "flat"]), cores=1, opens=True)
    made = doors.app(door.live, cores=1)
    made.router.routes = list(opening.routes(door, launch))
    lease = folder / "flat" / "lease.md"
    with TestClient(made) as on:
        assert called(on, "POST", "/v1/open", json=asked)["opened"] == str(lease)
        assert launched == [str(lease)]
        form = {"document": "lease.md", "shown": "name=lease.md&first=1#L1"}
        back = on.post("/open", data=form, follow_redirects=False)
        assert (back.status_code, back.headers["location"]) == (303, f"/document?{form['shown']}")
        assert launched == [str(lease)] * 2
        assert "not in the index" in called(on, "POST", "/v1/open", json={"document": "/etc/hosts"})
        lease.chmod(0o755)
        assert "could be run" in called(on, "POST", "/v1/open", json=asked)
        lease.chmod(0o644)
    assert launched == [str(lease)] * 2


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/v1/ask", {"question": "a", "k": 51}, "k is 51, expected 1 to 50"),
        ("/v1/ask", {"question": "a", "skip": 10**30}, "skip is 1000"),
        ("/v1/ask", {"question": "a", "filters": ["a"] * 17}, "filters are 17"),
        ("/v1/table", {"questions": ["a"] * 9}, "questions are 9"),
        ("/v1/table", {"questions": ["a" * 2001]}, "2,001 characters"),
        ("/v1/table", {"questions": []}, "questions"),
        ("/v1/rerank", {"query": "a", "documents": []}, "documents are 0"),
        ("/v1/gone", {}, "not found"),
    ],
)
def test_limits_are_said(client: TestClient, path: str, body: dict[str, Any], said: str) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code in (400, 404)
    assert said in answer.json()["error"]


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a stream: their names and records."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_passages_come_before_anything_has_judged_them(client: TestClient, folder: Path) -> None:
    asked = {"question": "What is the rent?"}
    answer = client.post("/v1/ask", json=asked, headers={"Accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer.text)
    assert [name for name, _ in told] == ["hits", "answer", "related", "done"]
    (_, early), (_, last), *_ = told
    assert last | {"seconds": 0} == called(client, "POST", "/v1/ask", json=asked) | {"seconds": 0}
    plain = lepton.SearchConfig(rerank=False, answer=False)
    paths = [folder / "indexes" / name for name in ("flat", "sea")]
    with lepton.Searcher.open(paths, plain) as unjudged:
        wanted = result_record(unjudged.answer("What is the rent?"))
    assert early["hits"] == json.loads(json.dumps(wanted["hits"]))
    assert {record["generation"] for name, record in told if name != "related"} == {1}


def test_a_question_that_cannot_be_asked_is_no_stream(client: TestClient) -> None:
    for body, status in (({"question": "?"}, 400), ({"question": "a", "filters": ["x:y"]}, 400)):
        answer = client.post("/v1/ask", json=body, headers={"Accept": "text/event-stream"})
        assert (answer.status_code, list(answer.json())) == (status, ["schema", "error"])
