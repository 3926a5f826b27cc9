"""Which names a file of a record may have."""

from __future__ import annotations

import unicodedata

from dop2i.errors import InvalidName

LONGEST_NAME = 1000
LONGEST_PART = 255

_REFUSED_KINDS = {
    "Cc": "a control character",
    "Cs": "a byte that is not UTF-8",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}
_TURNS_TEXT_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(name: str | bytes) -> str:
    """The name as it is kept: a relative path with ``/``, in Unicode's composed form (NFC).

    Raises ``InvalidName`` for what would leave its folder, cannot be kept on every disk (1,000 bytes for the whole,
    255 for a part), is not UTF-8, or would deceive a reader (control and direction characters).
    """
    if isinstance(name, bytes):
        try:
            name = name.decode("utf-8")
        except UnicodeDecodeError as error:
            shown = name[:60].decode("utf-8", "replace")
            raise InvalidName(f"The file name {shown!r} is not UTF-8.", hint="Rename it and send it again.") from error
    plain = name.isascii() and name.isprintable()
    if not plain:
        name = unicodedata.normalize("NFC", name)
    shown = repr(name if len(name) <= 80 else name[:77] + "…")
    if not name:
        raise InvalidName("A file needs a name.")
    for character in "" if plain else name:
        reason = _REFUSED_KINDS.get(unicodedata.category(character))
        if reason or character in _TURNS_TEXT_AROUND:
            what = reason or "a character that turns the direction of text around"
            raise InvalidName(f"The file name {shown} holds {what} (U+{ord(character):04X}).", hint="Rename the file.")
    if "\\" in name:
        raise InvalidName(f"The file name {shown} holds a backslash.", hint="Use / between folders.")
    if name.startswith("/") or (len(name) > 2 and name[1:3] == ":/"):
        raise InvalidName(f"The file name {shown} is absolute.", hint="Give it relative to the record.")
    size = len(name.encode())
    if size > LONGEST_NAME:
        raise InvalidName(f"The file name {shown} takes {size} bytes; at most {LONGEST_NAME} can be kept.")
    for part in name.split("/"):
        if part == "..":
            raise InvalidName(f"The file name {shown} leaves its folder.", hint="Names may not hold '..'.")
        if part in ("", "."):
            raise InvalidName(f"The file name {shown} has an empty part.", hint="Write folder/name, once each.")
        if len(part.encode()) > LONGEST_PART:
            raise InvalidName(
                f"A part of the file name {shown} takes {len(part.encode())} bytes; a disk keeps {LONGEST_PART}."
            )
    return name


def fold_name(name: str) -> str:
    """What two names have in common that differ only by case, or by how an accent is written."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())


def folders_of(name: str) -> list[str]:
    """The folders above a name, outermost first: ``a/b/c`` lies in ``a`` and ``a/b``."""
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
