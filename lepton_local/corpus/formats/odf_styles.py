"""What is wanted of the styles of an OpenDocument text: to read all of them may take as long as to
read its words.
"""

from __future__ import annotations

import re

# As every program writes them; where the prefixes are others, all is read.
_ROOT = re.compile(rb"<office:document-styles\b[^>]*>")
_LISTS = re.compile(rb'<text:list\s[^>]*?\btext:style-name="([^"]*)"')
_LIST_STYLES = re.compile(rb'<text:list-style\s[^>]*?\bstyle:name="([^"]*)"[^>]*(?<!/)>')
_IS_TITLE = b'style:parent-style-name="Title"'
_TITLES = re.compile(rb"<style:style\s(?=[^>]*\b" + _IS_TITLE + rb")[^>]*?(/?)>")
_EDGES, _EDGES_END = re.compile(rb"<office:master-styles\b[^>]*(?<!/)>"), b"</office:master-styles>"
_OUTLINE = re.compile(rb"<text:outline-style\b[^>]*(?<!/)>")


def needed(content: bytes, styles: bytes) -> bytes:
    """styles.xml without what says how words look: the numbers of headings and of the lists that
    the content has, what is a title, and the headers and footers are left.
    """
    root = _ROOT.search(styles)
    if root is None:
        return styles
    used = frozenset(_LISTS.findall(content))
    lists = _LIST_STYLES.finditer(styles) if used else ()
    kept = [_whole(styles, each, b"</text:list-style>") for each in lists if each[1] in used]
    kept += [_whole(styles, each, b"</text:outline-style>") for each in _OUTLINE.finditer(styles)]
    titles = _TITLES.finditer(styles) if _IS_TITLE in styles else ()
    kept += [each[0] + (b"" if each[1] else b"</style:style>") for each in titles]
    common = b"".join((b"<office:styles>", *kept, b"</office:styles>"))
    edges = b"".join(_whole(styles, each, _EDGES_END) for each in _EDGES.finditer(styles))
    return styles[: root.end()] + common + edges + b"</office:document-styles>"


def _whole(styles: bytes, opened: re.Match[bytes], end: bytes) -> bytes:
    """An element, of which the beginning was found."""
    at = styles.find(end, opened.end())
    return styles[opened.start() : at + len(end)] if at >= 0 else b""
