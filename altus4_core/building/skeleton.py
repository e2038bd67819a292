"""The step `settings`: every setting of the build with its doc, to be filled in. Secrets stand in it by name only."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from altus4_core.building.check import FOUND, read_found
from altus4_core.building.fields import toml_value
from altus4_core.building.files import digest, text_digest, write_whole
from altus4_core.building.plan import BuildPlan

STEP = "settings"
SETTINGS = "settings.toml"

_HEAD = """\
# Settings of this build. What is commented out shows the default; what must be given is not commented out, or says so.
# Any value may come from elsewhere: {env = "NAME"}, {file = "/run/secrets/name"}, or ALTUS4_SERVER__PORT=... outside.
"""


class Skeleton:
    """Writes the settings file."""

    def __init__(self, plan: BuildPlan) -> None:
        self._plan = plan

    def fingerprint(self) -> str:
        """Give what it depends on."""
        return text_digest(STEP, digest(self._plan.output / FOUND))

    def run(self) -> tuple[Sequence[str], str]:
        """Write it."""
        found = read_found(self._plan)
        fields = [*found["settings"]["core"], *(each for of in found["settings"]["plugins"].values() for each in of)]
        write_whole(
            self._plan.output / SETTINGS, skeleton_text(fields, {name: found[name] for name in ("enable", "prefer")})
        )
        needed = [field["key"] for field in fields if field["required"]]
        line = f"{len(fields)} settings in {SETTINGS}"
        return [SETTINGS], line + (f"; to be filled in: {', '.join(needed)}" if needed else "")


def skeleton_text(fields: Sequence[Mapping[str, Any]], decided: Mapping[str, Any]) -> str:
    """Write the file: the top level first, then a table for each section; `decided` are values of the build itself."""
    tables: dict[tuple[str, ...], list[Mapping[str, Any]]] = {(): []}
    for field in fields:
        tables.setdefault(tuple(field["path"][:-1]), []).append(field)
    parts = [_HEAD]
    for table, members in tables.items():
        if table:
            # An optional section is there as soon as its header is.
            mark = "# " if all(member["optionalSection"] for member in members) else ""
            parts.append(f"\n{mark}[{'.'.join(_key(part) for part in table)}]\n")
        for member in members:
            if decided.get(member["key"]):
                parts.append(f"\n# {member['doc']}\n{member['key']} = {toml_value(decided[member['key']])}\n")
            else:
                parts.append("\n" + "".join(_lines(member)))
    return "".join(parts)


def _lines(field: Mapping[str, Any]) -> Iterator[str]:
    doc = " ".join(str(field["doc"]).split())
    further = ", ".join(field["variables"][1:])
    yield f"# {doc}{f' Environment: {further}.' if further else ''}\n" if doc or further else ""
    name = _key(field["path"][-1])
    if field["secret"]:
        variable = (field["variables"][1:] or field["variables"])[0]
        yield f"{'' if field['required'] else '# '}{name} = {{env = {toml_value(variable)}}}\n"
    elif field["hasNoDefault"]:
        yield f"# {name} =      must be given\n"
    elif field["default"] is None:
        yield f"# {name} =\n"
    else:
        yield f"# {name} = {field['default']}\n"


def _key(name: str) -> str:
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isascii() and bare.isalnum() else str(toml_value(name))
