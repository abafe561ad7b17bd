"""What the name of a file tells: its format, and what formats people call together.

Names alone, without the parsers, whose libraries take long to load: a filter asks here.
"""

from __future__ import annotations

from pathlib import PurePosixPath

# Each format as people call it, and the endings of its files.
SUFFIXES: dict[str, tuple[str, ...]] = {
    name: tuple(f".{ending}" for ending in (endings or name).split(","))
    for name, _, endings in (
        pair.partition(":")
        for pair in (
            "text:txt,text,log,asc markdown:md,markdown,mdown,mkd rst:rst,rest latex:tex,ltx org "
            "asciidoc:adoc,asciidoc man:man,1,2,3,4,5,6,7,8,9 srt vtt notebook:ipynb "
            "html:html,htm,xhtml pdf doc docx:docx,docm,dotx,dotm "
            "pptx:pptx,pptm,ppsx,ppsm,potx,potm "
            "xlsx:xlsx,xltx xlsm:xlsm,xltm xlsb xls:xls,xlt odt:odt,ott,fodt odp:odp,otp,fodp "
            "ods:ods,ots,fods rtf epub "
            "jsonl:jsonl,ndjson csv:csv,tsv json xml:xml,rss,atom yaml:yaml,yml toml ini cfg conf "
            "png gif jpeg:jpg,jpeg tiff:tif,tiff bmp webp zip tar eml mbox msg mhtml:mhtml,mht "
            "tnef p7m ics vcf "
            "python:py,pyi javascript:js,mjs,cjs,jsx typescript:ts,tsx java kotlin:kt php "
            "csharp:cs scala swift c:c,h cpp:cc,cpp,cxx,hh,hpp shell:sh,bash ruby:rb rust:rs go "
            "sql css:css,scss lua perl:pl,pm r julia:jl matlab:m vim elisp:el haskell:hs ocaml:ml "
            "elixir:ex erlang:erl clojure:clj proto terraform:tf cmake make:mk gradle batch:bat "
            "powershell:ps1"
        ).split()
    )
}
FAMILIES = {
    "code": tuple(SUFFIXES)[tuple(SUFFIXES).index("python") :],
    "data": ("json", "xml", "yaml", "toml", "ini", "cfg", "conf"),
    "image": ("png", "jpeg", "tiff", "bmp", "webp", "gif"),
    "calendar": ("ics", "vcf"),
    "mail": ("eml", "mbox", "msg"),
    "presentation": ("pptx", "odp"),
    "spreadsheet": ("xlsx", "xlsm", "xlsb", "xls", "ods"),
    "subtitles": ("srt", "vtt"),
}
# What is in them has a format of its own.
CONTAINERS = frozenset(("zip", "tar", "eml", "mbox", "msg", "tnef", "p7m"))
# Files of text that by custom have no suffix.
NAMES = frozenset(
    "authors changelog changes contributing contributors copying copyright faq history "
    "dockerfile install licence license maintainers makefile manifest news notice readme thanks "
    "todo".split()
)
COMPRESSED = (".gz", ".bz2", ".xz", ".lzma", ".zst")
TARS = {  # archives that were compressed, and how
    ".tgz": ".gz",
    ".tbz": ".bz2",
    ".tbz2": ".bz2",
    ".txz": ".xz",
    ".tlz": ".lzma",
    ".tzst": ".zst",
}
_FORMATS = {suffix: name for name, suffixes in SUFFIXES.items() for suffix in suffixes}


def unpacked_name(path: str) -> str:
    """The name of the file in a compressed one: "notes.txt" of "a/notes.txt.gz", "site.tar" of
    "site.tgz"; empty if this is no name of a compressed file.
    """
    name = PurePosixPath(path)
    suffix = name.suffix.lower()
    return f"{name.stem}.tar" if suffix in TARS else name.stem if suffix in COMPRESSED else ""


def format_named(path: str) -> str:
    """The format of files of this name, of a compressed one that of the file in it; empty if it is
    none that is known.
    """
    name = PurePosixPath(unpacked_name(path) or path).name.lower()
    return _FORMATS.get(PurePosixPath(name).suffix) or ("text" if name in NAMES else "")


def formats_called(word: str) -> frozenset[str]:
    """The formats that a person means by a name, an ending or a family: "markdown", "yml",
    "image".
    """
    word = word.lower().lstrip(".")
    found = {word} & SUFFIXES.keys() | {*FAMILIES.get(word, ())}
    return frozenset(found | {_FORMATS[suffix] for suffix in (f".{word}",) if suffix in _FORMATS})
