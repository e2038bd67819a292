"""What a wheel says of itself, without importing or installing it."""

import configparser
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import attrs
from packaging.utils import canonicalize_name

from altus4_core.building.files import digest
from altus4_core.building.pip import BuildRefused
from altus4_core.composing.discovery import GROUP
from altus4_core.errors import Problem


@attrs.frozen
class BuiltWheel:
    """A wheel. `plugins` maps the plugins that it brings to what their entry points name."""

    name: str
    version: str
    file: str
    sha256: str
    plugins: dict[str, str]


def describe_wheel(path: Path) -> BuiltWheel:
    """Read a wheel's metadata.

    Raises:
        BuildRefused: it is no wheel.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.split("/")[-1]: name for name in archive.namelist() if _is_metadata(name)}
            metadata = HeaderParser().parsestr(archive.read(names["METADATA"]).decode("utf-8"))
            told = archive.read(names["entry_points.txt"]).decode("utf-8") if "entry_points.txt" in names else ""
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise BuildRefused([Problem("wheelhouse", f"{path.name} is no wheel", hint="build it again")]) from error
    return BuiltWheel(
        canonicalize_name(str(metadata["Name"])), str(metadata["Version"]), path.name, digest(path), _plugins(told)
    )


def _is_metadata(name: str) -> bool:
    folder, _, file = name.partition("/")
    return folder.endswith(".dist-info") and file in {"METADATA", "entry_points.txt"}


def _plugins(text: str) -> dict[str, str]:
    parser = configparser.ConfigParser(delimiters=("=",), strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # names keep their case
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}  # the check finds out what it means
    return dict(parser[GROUP]) if parser.has_section(GROUP) else {}
