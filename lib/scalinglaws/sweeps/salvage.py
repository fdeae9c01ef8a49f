"""Rows of a store found again in the bytes of a file, whatever has become of the structure around them."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterable
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


def summed(words: Iterable[tuple[int, int]], sums: tuple[int, int]) -> tuple[int, int]:
    """SQLite's checksum of a log, carried on over pairs of words."""
    one, two = sums
    for first, second in words:
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def is_broken(path: Path) -> bool:
    """Whether a log has a frame that SQLite takes for its end, though it was written as part of it.

    Source: "The Write-Ahead Log" in SQLite's "Database File Format". A log that merely stops, as
    after a kill, is not broken; so is none, or an empty one.
    """
    content = path.read_bytes() if path.is_file() else b""
    if len(content) < 32:
        return False
    magic, _, page, _, *salts, one, two = struct.unpack(">8I", content[:32])
    pairs = struct.Struct("<2I" if magic == 0x377F0682 else ">2I").iter_unpack
    sums = summed(pairs(content[:24]), (0, 0))
    if sums != (one, two):
        return True
    for start in range(32, len(content) - 24 - page + 1, 24 + page):
        *_, first, second, one, two = struct.unpack(">6I", content[start : start + 24])
        if [first, second] != salts:
            break  # left from before the log was begun anew
        sums = summed(pairs(content[start : start + 8]), sums)
        sums = summed(pairs(content[start + 24 : start + 24 + page]), sums)
        if sums != (one, two):
            return True
    return False
