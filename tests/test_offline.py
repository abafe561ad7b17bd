"""Nothing reaches the network: commands run where every connection is refused, over a file of every
format. The processes that parse refuse it always; see test_isolate.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.samples import samples

ROOT = Path(__file__).parent.parent

CHILD = """
import sys
from click.testing import CliRunner

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise RuntimeError(f"{event}{arguments}")

sys.addaudithook(refuse)
from lepton_local.cli.index import main as index
from lepton_local.cli.search import main as search

notes, place, questions = sys.argv[1:]
for command, arguments in (
    (index, ["build", notes, "--out", place]),
    (index, ["update", place]),
    (index, ["check", place, "--sources"]),
    (index, ["explain", place, notes + "/bread.md"]),
    (search, ["similar", place, "bread.md"]),
    (search, ["query", place, "How long is the loaf baked?", "--verify"]),
    (search, ["batch", place, questions]),
    (search, ["query", place, "bread", "--reranker", "nobody/never-downloaded"]),
):
    result = CliRunner().invoke(command, arguments)
    print(result.exit_code, result.output)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
"""


def test_every_connection_refused(tmp_path: Path, notes: Path) -> None:
    for name, data in samples().items():
        (notes / name).write_bytes(data)
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "When were the tomatoes planted?"}\n')
    arguments = [str(notes), str(tmp_path / "index"), str(questions)]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "forty minutes" in done.stdout
    assert "3 May" in done.stdout
    assert "never-downloaded" in done.stdout
    assert "all is well" in done.stdout
