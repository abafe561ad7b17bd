"""Files parsed by the code of a checkout, asked by `measure/oracles.py`.

    parse_worker.py CHECKOUT

A line of JSON in, a path; a line out: {"text": what it gives, "seconds" of the processor}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from lepton_local.corpus.parse import parse
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

warm: set[str] = set()
for line in sys.stdin:
    path = Path(json.loads(line))
    data = path.read_bytes()
    source = Source(str(path.parent), path.name, len(data), 1)
    form = path.suffix.lower()
    seconds, text = 0.0, ""
    for _ in range(1 if form in warm else 2):  # libraries are loaded with the first file
        began = time.process_time()
        try:
            found = [item.text for item in parse(source, data) if isinstance(item, Document)]
        except SourceError:
            found = []
        seconds, text = time.process_time() - began, "\n".join(found)
    warm.add(form)
    print(json.dumps({"text": text, "seconds": seconds}), flush=True)
