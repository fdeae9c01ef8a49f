"""Decompression that can be trusted with a stranger's file: bounded, and one error whatever is wrong."""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from pathlib import Path

from scalinglaws.tables.schema import TableError

#: Bytes that a file may unpack to where nothing says how many it holds.
MOST = 2**28
#: Memory that an xz file may ask for: its header names a dictionary of up to 4 GB.
MEMORY = 2**28


def unpacked(path: Path, content: bytes, most: int = MOST) -> bytes:
    """The contents of a file, by the ending of its name; as it is where that names no compression.

    Raises
    ------
    TableError
        If it is cut off or damaged, or unpacks to more than `most` bytes; no more is ever held.
    """
    try:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                found = file.read(most + 1)
        elif path.suffix == ".xz":
            reader = lzma.LZMADecompressor(memlimit=MEMORY)
            found = reader.decompress(content, max_length=most + 1)
            if len(found) <= most and not reader.eof:
                raise EOFError("the file is cut off")
        else:
            found = content
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise TableError(f"{path} cannot be decompressed ({error}), not the published file") from error
    if len(found) > most:
        raise TableError(f"{path} unpacks to more than {most:,} bytes, not the published file")
    return found
