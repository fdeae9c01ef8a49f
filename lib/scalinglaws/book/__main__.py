"""`python -m scalinglaws.book`: build the book."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scalinglaws.book.build import build
from scalinglaws.claims import ClaimError
from scalinglaws.errors import UserError


def main() -> None:
    """Build the book into a folder; say where it is, or in one line what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m scalinglaws.book", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("out/book"), help="folder of the site (out/book)")
    try:
        home = build(parser.parse_args().output)
    except (UserError, ClaimError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"Look at {home} in a browser.")


if __name__ == "__main__":
    main()
