"""A library that takes the main text out of web pages, asked by `measure/pages.py`.

    page_worker.py LIBRARY

A line of JSON in, the path of a gzipped page; a line out, the text.
"""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from pathlib import Path


def trafilatura(page: str) -> str:
    """As it is used without options, but for comments."""
    library = importlib.import_module("trafilatura")
    return library.extract(page, include_comments=False) or ""


def resiliparse(page: str) -> str:
    """Its rules for main content."""
    library = importlib.import_module("resiliparse.extract.html2text")
    return library.extract_plain_text(page, main_content=True) or ""


read = {"trafilatura": trafilatura, "resiliparse": resiliparse}[sys.argv[1]]
for line in sys.stdin:
    data = gzip.decompress(Path(json.loads(line)).read_bytes())
    print(json.dumps(read(data.decode("utf-8", "replace"))), flush=True)
