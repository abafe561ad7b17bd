"""Files parsed by the code of a checkout, asked by `measure/oracles.py`.

    parse_worker.py CHECKOUT

A line of JSON in, a path; a line out: {"text": what it gives, "seconds" of the processor}, the
least of three.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from lepton_local.corpus.parse import parse
from lepton_local.errors import SourceError
from lepton_local.types import Document, Source

for line in sys.stdin:
    path = Path(json.loads(line))
    data = path.read_bytes()
    source = Source(str(path.parent), path.name, len(data), 1)
    seconds, text = math.inf, ""
    for _ in range(3):  # libraries are loaded with the first file, and others use the machine
        began = time.process_time()
        try:
            found = [item.text for item in parse(source, data) if isinstance(item, Document)]
        except SourceError:
            found = []
        seconds, text = min(seconds, time.process_time() - began), "\n".join(found)
    print(json.dumps({"text": text, "seconds": seconds}), flush=True)
