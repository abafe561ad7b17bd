"""Archives for the tests of containers, every member of the same day."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping


def zipped(files: Mapping[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (2025, 2, 3, 0, 0, 0))
            archive.writestr(entry, data, method)
    return out.getvalue()


def tarred(files: Mapping[str, bytes | str], **special: str) -> bytes:
    """A TAR archive. special: name of a text file without its ending -> a type of tarfile's."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            data = data.encode() if isinstance(data, str) else data
            entry.size, entry.mtime = len(data), 1_738_540_800
            archive.addfile(entry, io.BytesIO(data))
        for name, kind in special.items():
            entry = tarfile.TarInfo(f"{name}.txt")
            entry.type, entry.linkname = getattr(tarfile, kind), "x.txt"
            archive.addfile(entry)
    return out.getvalue()
