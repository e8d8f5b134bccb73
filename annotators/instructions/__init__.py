"""What a teacher is told. One text a file; ``$names`` are filled in, neutralised.

The texts take part in the fingerprint of the stages that use them: each of these stages has a field
``instructions`` whose default is `digest_of` its texts.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

from catalogs.digests import digest
from catalogs.trajectory import neutralise

FOLDER = Path(__file__).parent


def instruction(name: str, **values: str | int) -> str:
    """The text `name` with its blanks filled. KeyError where a blank is left over."""
    return _template(name).substitute({key: neutralise(str(value)) for key, value in values.items()}).strip()


def digest_of(*names: str) -> str:
    """Digest of some texts."""
    return digest("\x1f".join(_template(name).template for name in names))


@cache
def _template(name: str) -> Template:
    return Template((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
