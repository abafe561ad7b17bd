"""The memory of a build does not grow with its largest document: a text builds within a limit that
is a fraction of what its word pieces would take together.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SENTENCE = "The otter sleeps on the river bank, and the heron does not."
SIZE = 1 << 20  # bytes of the text: its pieces took 200 MiB
ROOM = 96 << 20  # bytes, beside those that the first build leaves held

# The first build loads the libraries, and starts the parser, which keeps its own limits.
BUILD = """
import re, resource, sys
from pathlib import Path
from lepton_local.indexing.builder import build
from lepton_local.models.resolve import BUNDLED_ENCODER
from lepton_local.models.tokens import Tokens
from tests.conftest import WordEncoder

class Real(WordEncoder):
    tokens = Tokens.load(BUNDLED_ENCODER / "tokenizer.json", 256)

    def spans(self, text):
        return self.tokens.spans(text)

folder, room = Path(sys.argv[1]), int(sys.argv[2])
build(folder / "small", folder / "index", encoder=Real())
held = int(re.search(r"VmData:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) << 10
resource.setrlimit(resource.RLIMIT_DATA, (held + room, resource.RLIM_INFINITY))
print(build(folder / "large", folder / "index", encoder=Real()).passages)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells of memory otherwise")
@pytest.mark.parametrize("end", ["\n\n", " "], ids=["paragraphs", "one line"])
def test_a_large_text_builds_in_little_memory(tmp_path: Path, end: str) -> None:
    for name, size in (("small", SIZE // 10), ("large", SIZE)):
        (tmp_path / name).mkdir()
        words = f"{SENTENCE}{end}" * (size // len(SENTENCE + end))
        (tmp_path / name / "text.txt").write_text(words)
    run = subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path), str(ROOM)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert int(run.stdout) > 1500
