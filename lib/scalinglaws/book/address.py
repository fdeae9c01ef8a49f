"""Where the repository lies, said in one place: `repository-code` of CITATION.cff."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from scalinglaws import repository

CODE = re.compile(r"^repository-code:\s*[\"']?(https://[^\s\"']+)", re.MULTILINE)


def of_repository(environment: Mapping[str, str] = os.environ) -> str:
    """The address of the repository.

    Parameters
    ----------
    environment
        Variables of the environment: on GitHub's machines they name the repository, also that of a fork.

    Returns
    -------
    str
        Without a slash at the end; empty where none is known, and then no page links to it.
    """
    if name := environment.get("GITHUB_REPOSITORY"):
        return f"{environment.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}"
    citation = repository.data_folder().parent / "CITATION.cff"
    said = CODE.search(citation.read_text(encoding="utf-8")) if citation.is_file() else None
    return said[1].rstrip("/") if said else ""


def binder(address: str, place: str) -> str:
    """The address under which Binder opens a file of the repository in JupyterLab; empty where it cannot.

    Binder makes environment.yml's environment in a clone, so that a notebook finds library and tables
    there. Colab opens a notebook alone, without either, and therefore is not linked to.
    """
    name = address.removeprefix("https://github.com/")
    return f"https://mybinder.org/v2/gh/{name}/HEAD?labpath={place}" if name != address else ""
