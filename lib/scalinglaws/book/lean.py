"""Take out of the site what no page uses: of the theme's two thousand icons all but a dozen, and its source maps."""

from __future__ import annotations

import re
from pathlib import Path

#: An icon in Font Awesome's script: name, width, height, other names, character, one path or two.
ICON = re.compile(
    r'(?P<name>"[\w-]+"|[\w$]+):\[\d+,\d+,\[(?P<others>[^\]]*)\],"[0-9a-f]+",(?:"[^"]*"|\[[^\]]*\])\](?P<comma>,?)'
)
USED = re.compile(r"\bfa-([a-z0-9-]+)")


def lean(site: Path) -> None:
    """Make a built site as small as it can be without looking or working otherwise."""
    static = site / "_static"
    for path in [*static.rglob("*.map"), *static.glob("*webpack-macros.html")]:
        path.unlink()
    script = static / "scripts" / "fontawesome.js"
    if script.is_file():
        saying = [*site.rglob("*.html"), *(path for path in static.rglob("*.js") if path != script)]
        used = {name for path in saying for name in USED.findall(path.read_text(encoding="utf-8"))}
        script.write_text(only(script.read_text(encoding="utf-8"), used), encoding="utf-8")


def only(script: str, used: set[str]) -> str:
    """Font Awesome's script with those icons alone that are used, by whichever of their names."""

    def kept(icon: re.Match[str]) -> str:
        names = {icon["name"].strip('"'), *re.findall(r'"([^"]+)"', icon["others"])}
        return icon[0] if names & used else ""

    # Where the last icon of a list goes, the comma of the one before it may stay: JavaScript allows it.
    return ICON.sub(kept, script)
