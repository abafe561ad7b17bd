"""What is known of a file now, beside a citation of it."""

from __future__ import annotations


def badges(*, stale: bool, proven: bool | None, prove: str) -> str:
    """Whether a file has changed, and says so all the same. prove: where one can have that looked
    at, as it may stand in an attribute.
    """
    told = ["<span class='badge bad'>changed since it was indexed</span>"] if stale else []
    if proven is None:
        told.append(f'<a href="{prove}">Prove it</a>')
    elif proven:
        told.append("<span class='badge good'>verified: the file says so now</span>")
    else:
        told.append("<span class='badge bad'>not verified: the file says something else now</span>")
    return " ".join(told)
