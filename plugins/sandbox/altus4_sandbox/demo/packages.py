"""What the installed distributions say about themselves."""

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, distributions

import attrs


@attrs.frozen
class PackageDoc:
    """A distribution's metadata; `description` is the long text it shows in an index."""

    name: str
    version: str
    summary: str | None
    keywords: str | None
    description: str | None


def read_packages(installed: Iterable[Distribution] | None = None) -> list[PackageDoc]:
    """Read all distributions of the running interpreter, by name; the first of a name counts, as for imports."""
    found: dict[str, PackageDoc] = {}
    for distribution in distributions() if installed is None else installed:
        metadata = distribution.metadata.json
        name = _text(metadata, "name")
        # A half-removed distribution leaves a folder without a name.
        if name is None:
            continue
        package = PackageDoc(
            name,
            _text(metadata, "version") or "",
            _text(metadata, "summary"),
            _text(metadata, "keywords"),
            _text(metadata, "description"),
        )
        found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), package)
    return [found[key] for key in sorted(found)]


def _text(metadata: Mapping[str, str | list[str]], field: str) -> str | None:
    value = metadata.get(field)
    text = " ".join(value) if isinstance(value, list) else value or ""
    # "UNKNOWN" is what old build tools wrote for nothing.
    return None if text.strip() in {"", "UNKNOWN"} else text.strip()
