"""Measures against a second way of counting, test sets in each layout, whole evaluations."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]

from lepton_local.errors import InputError
from lepton_local.evaluation import metrics
from lepton_local.evaluation.datasets import QuestionSet, RetrievalSet, find_dataset, load_dataset
from lepton_local.evaluation.evaluate import ask_questions, evaluate
from lepton_local.types import Answer, Hit, Passage, Result, Source

GRADES = st.lists(st.integers(0, 3), max_size=30)
SCORES = st.lists(st.integers(0, 8).map(lambda n: n / 8), min_size=1, max_size=40)


# --- rankings


def test_ndcg_of_a_ranking_worked_out_by_hand() -> None:
    # gains 3, 0, 1 at discounts 1, log2(3), 2; the ideal order is 3, 2, 1
    expected = (3 + 1 / 2) / (3 + 2 / 1.584962500721156 + 1 / 2)
    assert metrics.ndcg([3, 0, 1], [1, 2, 3], 3) == pytest.approx(expected)


@given(GRADES, st.integers(1, 12))
def test_ndcg_is_one_for_the_ideal_order_and_no_more_for_any(grades: list[int], k: int) -> None:
    best = metrics.ndcg(sorted(grades, reverse=True), grades, k)
    assert best == pytest.approx(1.0 if any(grades) else 0.0)
    assert 0 <= metrics.ndcg(grades, grades, k) <= best + 1e-12


@given(GRADES, st.integers(0, 5))
def test_average_precision_is_the_mean_of_precisions(grades: list[int], missing: int) -> None:
    relevant = [grade > 0 for grade in grades]
    total = sum(relevant) + missing
    naive = [sum(relevant[: i + 1]) / (i + 1) for i in range(len(relevant)) if relevant[i]]
    expected = sum(naive) / total if total else 0.0
    assert metrics.average_precision(relevant, total) == pytest.approx(expected)


@given(GRADES, st.integers(1, 12))
def test_reciprocal_rank_and_recall_look_at_the_first_k_only(grades: list[int], k: int) -> None:
    relevant = [grade > 0 for grade in grades]
    first = relevant.index(True) + 1 if True in relevant else k + 1
    assert metrics.reciprocal_rank(relevant, k) == (1 / first if first <= k else 0.0)
    total = sum(relevant) + 1
    assert metrics.recall(relevant, total, k) == pytest.approx(
        len([i for i, hit in enumerate(relevant) if hit and i < k]) / total
    )


# --- answers


@pytest.mark.parametrize(
    ("answer", "accepted", "exact", "f1"),
    [
        ("The Norse, a people!", ["norse people"], True, 1.0),
        ("in the 10th century", ["10th century"], False, 0.8),
        ("10th and 11th centuries", ["the 9th century"], False, 0.0),
        ("x", ["y", "X."], True, 1.0),
        ("", [], True, 1.0),
        ("something", [], False, 0.0),
        ("", ["something"], False, 0.0),
        ("to be to", ["to be or not to be"], False, 2 * 3 / 9),
    ],
)
def test_english_answers_are_compared_as_squad_does(
    answer: str, accepted: list[str], exact: bool, f1: float
) -> None:
    assert metrics.exact_match(answer, accepted) is exact
    assert metrics.f1(answer, accepted) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("answer", "accepted", "exact", "f1"),
    [
        ("光荣和ω-force", "光荣和ω-force。", True, 1.0),
        ("1963年", "1963 年", True, 1.0),
        ("约在1963年", "1963年底", False, 2 * 2 / (4 + 3)),  # shared run: 1963, 年
        ("武田信玄", "织田信长", False, 2 * 2 / 8),  # 田信, though 田, 信 are all that is shared
        ("北京", "上海", False, 0.0),
    ],
)
def test_chinese_answers_are_compared_by_their_longest_shared_run(
    answer: str, accepted: str, exact: bool, f1: float
) -> None:
    assert metrics.exact_match(answer, [accepted], chinese=True) is exact
    assert metrics.f1(answer, [accepted], chinese=True) == pytest.approx(f1)


@given(st.text("京都大a ", max_size=12), st.text("京都大a ", max_size=12))
def test_the_longest_shared_run_is_the_longest_common_substring(one: str, other: str) -> None:
    ours, theirs = metrics.han_segments(one), metrics.han_segments(other)
    runs = {tuple(theirs[i:j]) for i in range(len(theirs)) for j in range(i + 1, len(theirs) + 1)}
    longest = max(
        (
            j - i
            for i in range(len(ours))
            for j in range(i + 1, len(ours) + 1)
            if tuple(ours[i:j]) in runs
        ),
        default=0,
    )
    empty = not ours or not theirs
    expected = float(ours == theirs) if empty else 2 * longest / (len(ours) + len(theirs))
    assert metrics.f1(one, [other], chinese=True) == pytest.approx(expected)


def test_an_answer_is_found_in_text_as_whole_words() -> None:
    assert metrics.contains_answer("It was the Art of war.", ["art"])
    assert not metrics.contains_answer("They joined the party.", ["art"])
    assert not metrics.contains_answer("Anything at all", ["the"])  # nothing is left of it
    assert metrics.contains_answer("本作于1963年发行", ["1963 年"], chinese=True)


# --- confidences


@given(SCORES, SCORES)
def test_auroc_equals_sklearn(positive: list[float], negative: list[float]) -> None:
    truth = [1] * len(positive) + [0] * len(negative)
    expected = roc_auc_score(truth, positive + negative)
    assert metrics.auroc(positive, negative) == pytest.approx(expected)


def test_auroc_of_one_side_is_undefined() -> None:
    assert metrics.auroc([0.5], []) is None


@given(SCORES, st.data())
def test_calibration_error_bin_by_bin(confidence: list[float], data: st.DataObject) -> None:
    correct = data.draw(st.lists(st.booleans(), min_size=len(confidence), max_size=len(confidence)))
    gap = 0.0
    for i in range(5):
        low, high = i / 5, (i + 1) / 5
        inside = [n for n, c in enumerate(confidence) if low < c <= high or (i == 0 and c == 0)]
        gap += abs(sum(correct[n] - confidence[n] for n in inside))
    expected = gap / len(confidence)
    assert metrics.calibration_error(confidence, correct, bins=5) == pytest.approx(expected)


def test_calibration_error_is_zero_for_a_forecaster_that_is_right_as_often_as_it_says() -> None:
    assert metrics.calibration_error([0.75] * 4, [True, True, True, False]) == 0.0
    assert metrics.calibration_error([1.0] * 4, [False] * 4) == 1.0


@given(SCORES, st.data())
def test_risk_is_the_share_wrong_among_the_most_confident(
    confidence: list[float], data: st.DataObject
) -> None:
    correct = data.draw(st.lists(st.booleans(), min_size=len(confidence), max_size=len(confidence)))
    coverage, risk = metrics.risk_coverage(confidence, correct)
    assert coverage.tolist() == pytest.approx(
        [(i + 1) / len(confidence) for i in range(len(confidence))]
    )
    for threshold in set(confidence):  # where a group of equal confidences ends, ties are no matter
        given_ = [right for c, right in zip(confidence, correct, strict=True) if c >= threshold]
        assert risk[len(given_) - 1] == pytest.approx(given_.count(False) / len(given_))


# --- test sets


def _beir(folder: Path, *, zipped: bool = False, in_folder: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "corpus.jsonl": "".join(
            json.dumps({"_id": name, "title": "", "text": name}) + "\n" for name in "abc"
        ),
        "queries.jsonl": '{"_id": "1", "text": "one"}\n{"_id": "2", "text": "two"}\n'
        '{"_id": "3", "text": "three"}\n',
        "qrels/test.tsv" if in_folder else "qrels.tsv": (
            "query-id\tcorpus-id\tscore\n1\ta\t2\n1\tb\t0\n2\tb\t1\n2\tc\t1\n3\ta\t0\n"
        ),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if zipped:
            Path(f"{path}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text, encoding="utf-8")
    return folder


def _squad(path: Path, *, impossible: bool = False) -> Path:
    questions: list[dict[str, object]] = [
        {"id": "n1", "question": "Who?", "answers": [{"text": "Rollo", "answer_start": 0}]},
        {"id": "n2", "question": "When?", "answers": [{"text": "911"}, {"text": "911"}]},
    ]
    if impossible:
        questions.append(
            {"id": "n3", "question": "Why?", "is_impossible": True, "answers": [{"text": "x"}]}
        )
    paragraph = {"context": "Rollo came in 911.", "qas": questions}
    text = json.dumps({"data": [{"title": "Normans", "paragraphs": [paragraph]}]}).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("in_folder", [False, True])
def test_a_beir_folder_is_read_in_each_layout(
    tmp_path: Path, zipped: bool, in_folder: bool
) -> None:
    data = load_dataset(_beir(tmp_path / "tiny", zipped=zipped, in_folder=in_folder))
    assert isinstance(data, RetrievalSet)
    assert data.name == "tiny"
    assert data.queries["2"] == "two"
    assert data.judgements == {"1": {"a": 2, "b": 0}, "2": {"b": 1, "c": 1}, "3": {"a": 0}}


def test_a_split_chooses_other_judgements(tmp_path: Path) -> None:
    folder = _beir(tmp_path / "tiny", in_folder=True)
    (folder / "qrels" / "dev.tsv").write_text("1\tc\t1\n")
    for split in ("dev", str(folder / "qrels" / "dev.tsv")):
        data = load_dataset(folder, split=split)
        assert isinstance(data, RetrievalSet)
        assert data.judgements == {"1": {"c": 1}}
    with pytest.raises(InputError, match=r"'train' in it; choose one of: --split dev \| test"):
        load_dataset(folder, split="train")


@pytest.mark.parametrize("name", ["mini.json", "mini.json.gz"])
def test_a_squad_file_is_read(tmp_path: Path, name: str) -> None:
    data = load_dataset(_squad(tmp_path / name, impossible=True))
    assert isinstance(data, QuestionSet)
    assert data.name == "mini"
    assert [question.answers for question in data.questions] == [("Rollo",), ("911",), ()]
    assert data.questions[0].title == "Normans"
    assert data.questions[0].context.startswith("Rollo")
    with pytest.raises(InputError, match="no splits"):
        load_dataset(tmp_path / name, split="dev")


def test_a_bare_name_is_looked_up_in_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEPTON_DATA", raising=False)
    with pytest.raises(InputError, match="export LEPTON_DATA=FOLDER"):
        find_dataset("tiny")
    monkeypatch.setenv("LEPTON_DATA", str(tmp_path))
    tiny = _beir(tmp_path / "ir" / "tiny")
    (tmp_path / "qa" / "dev").mkdir(parents=True)
    mini = _squad(tmp_path / "qa" / "dev" / "mini.json.gz")
    assert find_dataset("tiny") == tiny
    assert find_dataset("mini") == find_dataset("mini.json") == mini
    with pytest.raises(InputError, match="missing: no such test set"):
        find_dataset("missing")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("queries.jsonl", '{"_id": "1", "text": "one"}\n{"id": 2}\n', r"queries.jsonl, line 2"),
        ("queries.jsonl", "one\n", r"queries.jsonl, line 1"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\n1 a 2\n", r"qrels.tsv, line 2.*tabs"),
        ("qrels.tsv", "1\ta\thigh\n", r"qrels.tsv, line 1"),
    ],
)
def test_a_malformed_beir_file_is_named_with_its_line(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    folder = _beir(tmp_path / "tiny")
    (folder / name).write_text(content)
    with pytest.raises(InputError, match=message):
        load_dataset(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{", "not SQuAD JSON"),
        ("a.json", b'{"version": 1}', "not SQuAD JSON"),
        ("a.json", b'[{"question": "Who?"}]', "not SQuAD JSON"),
        ("a.json", b"\xff\xfe", "cannot be read"),
        ("a.json.gz", gzip.compress(b"{}" * 99, mtime=0)[:-9], "cannot be read"),
        ("a.json.gz", b"plain", "cannot be read"),
    ],
)
def test_a_malformed_squad_file_is_said_to_be_one(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_dataset(tmp_path / name)


def test_a_folder_of_something_else_is_no_test_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no queries.jsonl"):
        load_dataset(tmp_path)


# --- whole evaluations


class Canned:
    """Finds what a table says, {question: [(document, text)]}, and answers with given words."""

    def __init__(self, found: dict[str, list[tuple[str, str]]], words: dict[str, str]) -> None:
        self.found, self.words = found, words

    def ranking(self, question: str, *, k: int, filters: Sequence[str] = ()) -> list[Hit]:
        without = [rule.removeprefix("-path:").strip('"') for rule in filters]
        return [
            Hit(Passage(document, 0, len(text), text), Source("/", path, 1, 1), "", True, 1.0)
            for document, text in self.found[question]
            if (path := document.partition("#")[0]) not in without
        ][:k]

    def answer(
        self, question: str, *, k: int = 10, filters: Sequence[str] = (), whole: bool = True
    ) -> Result:
        hits = self.ranking(question, k=k, filters=filters)
        words = self.words.get(question, "")
        hit = next((hit for hit in hits if words and words in hit.passage.text), None)
        if hit is None:
            return Result(question, tuple(hits), null_confidence=0.9, seconds={"total": 1.0})
        answer = Answer(words, 0, len(words), 0.75, "", 1, 1, hit.passage.text, hit)
        return Result(question, tuple(hits), answer, null_confidence=0.25, seconds={"total": 3.0})


def test_documents_are_ranked_by_their_best_passage(tmp_path: Path) -> None:
    searcher = Canned(
        {
            "one": [("corpus.jsonl#b", ""), ("corpus.jsonl#b", ""), ("corpus.jsonl#a", "")],
            "two": [("corpus.jsonl#b", ""), ("corpus.jsonl#z", ""), ("corpus.jsonl#c", "")],
        },
        {},
    )
    seen: list[tuple[str, int, int]] = []
    report = evaluate(searcher, _beir(tmp_path), progress=lambda *now: seen.append(now))
    seconds = report.pop("seconds")
    assert 0 <= seconds["total"] < 1
    log3 = 1.584962500721156
    assert report.pop("intervals")["mrr@10"] == [0.5, 1.0]
    assert report == {
        "queries": 2,  # nothing is relevant to the third
        "ndcg@10": round((1 / log3 + (1 + 1 / 2) / (1 + 1 / log3)) / 2, 4),
        "map": round((1 / 2 + (1 + 2 / 3) / 2) / 2, 4),
        "mrr@10": 0.75,
        "recall@100": 1.0,
        "noise@10": round((1 / 2 + 1 / 3) / 2, 4),
    }
    assert seen == [("ask", 1, 2), ("ask", 2, 2)]


@pytest.mark.parametrize("document", ["notes/a.md", "a"])
def test_documents_that_are_files_go_by_their_stem(tmp_path: Path, document: str) -> None:
    searcher = Canned({"one": [(document, "")], "two": []}, {})
    assert evaluate(searcher, _beir(tmp_path))["mrr@10"] == 0.5


def test_quotes_and_hyphens_of_a_question_are_no_conditions(tmp_path: Path) -> None:
    folder = _beir(tmp_path)
    (folder / "queries.jsonl").write_text(
        json.dumps({"_id": "2", "text": 'the "tipping-point" of -40 degrees - why?'}) + "\n"
    )
    searcher = Canned({"the  tipping-point  of  40 degrees - why?": [("x.jsonl#b", "")]}, {})
    assert evaluate(searcher, folder)["mrr@10"] == 1.0


def test_an_index_of_another_corpus_is_refused(tmp_path: Path) -> None:
    searcher = Canned({"one": [("other.md", "")], "two": []}, {})
    with pytest.raises(InputError, match="index its own corpus first"):
        evaluate(searcher, _beir(tmp_path))


def test_answers_are_judged_with_and_without_the_article_that_answers(tmp_path: Path) -> None:
    searcher = Canned(
        {
            "Who?": [("a/Vikings.txt", "Somebody"), ("a/Normans.txt", "Rollo came in 911.")],
            "When?": [("a/Normans.txt", "Rollo came in 911."), ("a/Vikings.txt", "In 793.")],
        },
        {"Who?": "Rollo", "When?": "793"},
    )
    report = evaluate(searcher, _squad(tmp_path / "mini.json"))
    assert report.pop("intervals")["em"] == [0.0, 100.0]
    assert report == {
        "questions": 2,
        "em": 50.0,
        "f1": 50.0,
        "hit@1": 0.5,
        "hit@5": 1.0,
        "answered": 1.0,
        # with its article .75 and .75; without it .1 for "Who?", but .75 again for "When?"
        "auroc": 0.75,
        "seconds": {"total": 3.0},
    }


def test_without_the_article_in_the_index_abstention_is_not_measured(tmp_path: Path) -> None:
    searcher = Canned({"Who?": [("b.txt", "Rollo")], "When?": []}, {"Who?": "Rollo"})
    report = evaluate(searcher, _squad(tmp_path / "mini.json"))
    assert report["auroc"] is None
    assert (report["em"], report["answered"], report["hit@5"]) == (50.0, 0.5, 0.5)


def test_unanswerable_questions_are_the_other_side_of_abstention(tmp_path: Path) -> None:
    text = "Rollo came in 911."
    searcher = Canned(
        {question: [("Normans.txt", text)] for question in ("Who?", "When?", "Why?")},
        {"Who?": "Rollo", "When?": "911"},
    )
    report = evaluate(searcher, _squad(tmp_path / "mini.json", impossible=True))
    assert (report["questions"], report["unanswerable"], report["abstained"]) == (2, 1, 1.0)
    assert (report["em"], report["auroc"]) == (100.0, 1.0)


def test_a_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    data = load_dataset(_squad(tmp_path / "mini.json", impossible=True))
    assert isinstance(data, QuestionSet)
    searcher = Canned({question.text: [] for question in data.questions}, {})
    picks = [
        tuple(row.id for row in ask_questions(searcher, data, sample=1, seed=seed))
        for seed in (1, 1, *range(9))
    ]
    assert picks[0] == picks[1]
    assert len(set(picks)) > 1
