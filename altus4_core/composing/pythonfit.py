"""Whether an installed distribution is for this Python: its wheel may have been unpacked or copied past pip."""

import sys
from importlib import metadata

from packaging import tags
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, parse_tag

_ANYWHERE = frozenset({Tag("py3", "none", "any")})


def python_fault(distribution: str) -> str:
    """Say why a distribution is not for this Python; nothing when it is, or when it is no installed distribution."""
    try:
        found = metadata.distribution(distribution)
    except (metadata.PackageNotFoundError, ValueError):
        return ""
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = next(iter(found.metadata.get_all("Requires-Python") or ()), "")
    try:
        if version not in SpecifierSet(wanted):
            return f"it needs Python {wanted}; this is Python {version}"
        built = _wheel_tags(found)
    except ValueError:
        return ""  # what makes no sense cannot be held against it: importing it will show
    if not built or built & _ANYWHERE or built & frozenset(tags.sys_tags()):
        return ""
    return f"its wheel was built for {', '.join(sorted(map(str, built)))}; this is Python {version}"


def _wheel_tags(found: metadata.Distribution) -> frozenset[Tag]:
    lines = (found.read_text("WHEEL") or "").splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("Tag:")]
    return frozenset(tag for text in named for tag in parse_tag(text))
