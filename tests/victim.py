"""A process that is killed at a moment: `python -m tests.victim VERB CORPUS INDEX`.

For each line of seconds that it reads, a fork builds, updates or compacts an index of small
segments, and is killed after so long (0: never). It answers with the fork's exit status, how long
it took and how many passages it encoded.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

from lepton_local.indexing import builder, ingest
from tests.conftest import WordEncoder


def run(verb: str, corpus: str, index: str) -> int:
    """Do it, and tell how many passages were encoded."""
    encoder = WordEncoder()
    if verb == "build":
        builder.build(corpus, index, encoder=encoder)
    elif verb == "update":
        builder.update(index, encoder=encoder)
    else:
        builder.compact(index)
    return len(encoder.encoded)


def main() -> None:
    """Answer until nobody asks."""
    ingest.FIRST_ROWS = ingest.BATCH_ROWS = 16
    for line in sys.stdin:
        told, tell = os.pipe()
        began = time.monotonic()
        child = os.fork()
        if not child:
            os.write(tell, str(run(*sys.argv[1:])).encode())
            os._exit(0)
        os.close(tell)
        if float(line) and not select.select([told], [], [], float(line))[0]:
            os.kill(child, signal.SIGKILL)
        encoded = os.read(told, 99).decode() or "0"
        os.close(told)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, time.monotonic() - began, encoded, flush=True)


if __name__ == "__main__":
    main()
