"""What the installed distributions say about themselves."""

import re
from collections.abc import Iterable
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
        metadata = distribution.metadata
        name = metadata.get("Name")
        # A half-removed distribution leaves a folder without a name.
        if not name:
            continue
        description = metadata.get("Description") or str(metadata.get_payload() or "")  # type: ignore[attr-defined]
        package = PackageDoc(
            name,
            metadata.get("Version") or "",
            _filled(metadata.get("Summary")),
            _filled(metadata.get("Keywords")),
            _filled(description),
        )
        found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), package)
    return [found[key] for key in sorted(found)]


def _filled(text: str | None) -> str | None:
    # "UNKNOWN" is what old build tools wrote for nothing.
    return None if text is None or text.strip() in {"", "UNKNOWN"} else text.strip()
