"""Which files a path means: as it is cited, as `--paths` prints it, as it stands on disk, a folder
at any depth, a file's name alone, or a pattern of any of these.
"""

from __future__ import annotations

import fnmatch
import os
import re
import unicodedata
from collections.abc import Callable

Named = Callable[[str, str], bool]  # (root, path in it) -> whether it is meant


def composed(name: str) -> str:
    """A name as people type it: macOS, and ZIPs made there, keep letters and accents apart."""
    return unicodedata.normalize("NFC", name)


def meant(written: str) -> Named:
    """Tells of a file whether a path or pattern means it, or a folder that it lies in. Capital
    letters do not matter.

    Within its root, from the name of the root on, it may begin at any folder; one that begins with
    a slash, a dot or a tilde stands on the disk, or at the top of a root. Any may stand on the disk
    seen from here, as `--paths` prints it.
    """
    wanted = _alike(written).removeprefix("./").rstrip("/") or "/"
    here = _alike(os.path.abspath(os.path.expanduser(composed(written)))).rstrip("/")
    deep = not written.startswith(("/", "./", "../", "~"))
    at_top, within, on_disk = _pattern(wanted), _pattern(wanted, "*/"), _pattern(here)

    def named(root: str, path: str) -> bool:
        root, path = _alike(root).rstrip("/"), _alike(path)
        full, short = f"{root}/{path}", f"/{os.path.basename(root)}/{path}"
        return (
            f"{path}/".startswith(f"{wanted}/")
            or f"{full}/".startswith(f"{here}/")
            or (deep and f"/{wanted}/" in f"{short}/")
            or at_top.match(path) is not None
            or on_disk.match(full) is not None
            or (deep and within.match(short) is not None)
        )

    return named


def _alike(name: str) -> str:
    return composed(name).casefold()


def _pattern(glob: str, before: str = "") -> re.Pattern[str]:
    """Matches what a pattern means, behind another, and what lies in it.

    Brackets are part of a name, as in "[id].tsx"; where there are stars, or brackets in brackets,
    they may choose a letter as well.
    """
    plain = glob.replace("[", "[[]")
    globs = [plain, glob] if re.search(r"[*?]|\[\[\]", glob) else [plain]
    return re.compile(
        "|".join(fnmatch.translate(before + each + end) for each in globs for end in ("", "/*"))
    )
