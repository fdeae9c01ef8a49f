"""Rows of a store found again in the bytes of a file, whatever has become of the structure around them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

#: Key, payload and checksum of a row.
Row = tuple[bytes, bytes, bytes]
#: How a row stands in a page: two hashes with a line of JSON, which is all ASCII, between them. A row
#: that is longer than a page is broken into pieces, and not found.
IN_A_PAGE = re.compile(rb"([0-9a-f]{64})(\{[ -~]*?\})([0-9a-f]{64})")
#: How any row begins there, a long or a damaged one too.
BEGINNING = re.compile(rb"([0-9a-f]{64})\{")


def checksum(key: bytes, payload: bytes) -> bytes:
    """The seal of a row; it covers the key, so that no payload is served under another's."""
    return hashlib.sha256(key + b"\n" + payload).hexdigest().encode()


def rows_in(path: Path) -> dict[Row, None]:
    """The rows in a file that their checksum proves whole, each once, in the order of their places.

    None if there is no file. A log repeats a page each time that a row is added to it.
    """
    if not path.is_file():
        return {}
    candidates = dict.fromkeys(match.groups() for match in IN_A_PAGE.finditer(path.read_bytes()))
    return {row: None for row in candidates if checksum(*row[:2]) == row[2]}


def keys_in(path: Path) -> set[bytes]:
    """The keys in a file, of whole rows and of others; empty if there is no file."""
    return set(BEGINNING.findall(path.read_bytes())) if path.is_file() else set()
