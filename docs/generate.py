"""Writes docs/hooks.md and docs/seams.md from the hook specifications and the Protocols: python docs/generate.py."""

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from altus4_core import seams
from altus4_core.composing.seamtable import seam_table
from altus4_core.hookspecs import Altus4HookSpecs
from altus4_core.plugin import API
from altus4_core.seams import SeamSpec

FOLDER = Path(__file__).parent
WORDS = {"When:": "**When:**", "When it misbehaves:": "**When it misbehaves:**", "Raises:": "**Raises:**"}
NOTE = "<!-- Written by docs/generate.py. Change the docstrings, then run `nox -s docs`. -->"

HOOKS_HEAD = f"""# Hooks

{NOTE}

Plugin API {API[0]}.{API[1]}. All hooks are methods `altus4_<plural noun>` of a plugin's class, marked with `@hookimpl`, plain functions that do
no I/O. Each is called once per enabled plugin, in the order of `enable`, and may take fewer arguments than listed. They
return *providers*, objects with a name whose `async def` methods only the core awaits, under a deadline; what these must
look like is in [seams.md](seams.md).

```mermaid
flowchart TB
    discover["discover: entry points of group altus4, files of --plugin"] --> select["select: enable, --only, --no-plugins"]
    select --> load["load: import, check the API number, settings"]
    load --> hooks["call the hooks, one plugin at a time"]
    hooks --> settle["settle names: order of enable, [prefer]"]
    settle --> wrap["altus4_wrap around each provider"]
    wrap --> report{{"problems?"}}
    report -- yes --> refuse["start refused: all of them, one line each"]
    report -- no --> services["services start, in requires order"]
    services --> serve["serve: the core awaits providers, under deadlines"]
    serve --> drain["stop: drain, flush the sinks"]
    drain --> close["services close, in reverse order"]
```

Nothing of a plugin is imported before it is selected. In Python's warnings and in `altus4 plugins` every fault names its plugin.
"""

SEAMS_HEAD = f"""# Seams

{NOTE}

What providers must look like. A provider's `name` is `[a-z][a-z0-9-]*` and unique in its seam; methods shown as `async def`
must be coroutine functions, the others must not: both are checked at start. Every method may be cancelled at any `await`
and must let `asyncio.CancelledError` through. Arguments and results are the frozen records of
[`altus4_core/records.py`](../altus4_core/records.py); a contract class for each seam is in `altus4_core.testing.contracts`.

| seam | hook | provider | in `[prefer]` |
|---|---|---|---|
"""


def hooks_page() -> str:
    """Write docs/hooks.md."""
    parts = [HOOKS_HEAD]
    for name, function in _hooks():
        signature = inspect.signature(function)
        arguments = ", ".join(parameter for parameter in signature.parameters if parameter != "self")
        parts.append(f"## {name}({arguments})\n\n{_prose_and_example(function)}{_seam_line(name)}")
    return "\n".join(parts)


def seams_page() -> str:
    """Write docs/seams.md."""
    table = "".join(
        f"| `{spec.name}` | [`{spec.hook}`](hooks.md#{_anchor(spec.hook)}) | {_provider_link(spec)} "
        f"| {'`' + spec.name + '.<name>`' if spec.preferable else ''} |\n"
        for spec in seam_table()
    )
    kinds = list(dict.fromkeys([*(spec.provider for spec in seam_table()), seams.OpenTarget]))
    ours = [kind for kind in kinds if kind.__module__ == seams.__name__]
    return "\n".join([SEAMS_HEAD + table, *(_kind_section(kind) for kind in ours)])


def _hooks() -> Iterator[tuple[str, Any]]:
    for name, function in vars(Altus4HookSpecs).items():
        if name.startswith("altus4_"):
            yield name, function


def _prose_and_example(function: Any) -> str:
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    "))
    example = textwrap.dedent("\n".join(lines[first:]))
    return f"{_marked(lines[:first])}\n\n```python\n{example}\n```\n"


def _marked(lines: list[str]) -> str:
    text = "\n".join(lines).strip()
    for word, bold in WORDS.items():
        text = text.replace(f"\n{word}", f"\n{bold}")
    return text


def _seam_line(hook: str) -> str:
    spec = next((spec for spec in seam_table() if spec.hook == hook), None)
    return f"\nProviders: {_provider_link(spec)}, seam `{spec.name}`.\n" if spec else ""


def _anchor(hook: str) -> str:
    function = getattr(Altus4HookSpecs, hook)
    return hook + "-".join(name for name in inspect.signature(function).parameters if name != "self")


def _provider_link(spec: SeamSpec) -> str:
    kind = spec.provider
    if kind.__module__ != seams.__name__:
        return f"`{kind.__module__}.{kind.__qualname__}`"
    return f"[`{kind.__name__}`](seams.md#{kind.__name__.lower()})"


def _kind_section(kind: type) -> str:
    doc = inspect.cleandoc(kind.__doc__ or "")
    return f"## {kind.__name__}\n\n{doc}\n\n```python\n{_members(kind)}\n```\n"


def _members(kind: type) -> str:
    lines = [f"class {kind.__name__}:"]
    annotations = inspect.get_annotations(kind)
    defaults = {field.name: field.default for field in attrs.fields(kind)} if attrs.has(kind) else {}
    for name, annotation in annotations.items():
        default = defaults.get(name, attrs.NOTHING)
        lines.append(f"    {name}: {_type_name(annotation)}{_default(default)}")
    for name, function in vars(kind).items():
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        word = "async def" if inspect.iscoroutinefunction(function) else "def"
        lines += ["", f"    {word} {name}{_signature(function)}:"]
        doc = inspect.cleandoc(function.__doc__ or "")
        lines += (
            [f"        {line}".rstrip() for line in f'"""{doc}\n"""'.splitlines()]
            if "\n" in doc
            else [f'        """{doc}"""']
        )
    return "\n".join(lines)


def _default(value: Any) -> str:
    if value is attrs.NOTHING:
        return ""
    return f' = "{value}"' if isinstance(value, str) else f" = {value!r}"


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    shown = [
        name if name == "self" else f"{name}: {_type_name(parameter.annotation)}"
        for name, parameter in signature.parameters.items()
    ]
    return f"({', '.join(shown)}) -> {_type_name(signature.return_annotation)}"


def _type_name(kind: Any) -> str:
    text = kind.__name__ if isinstance(kind, type) and not getattr(kind, "__args__", None) else str(kind)
    for prefix in ("altus4_core.records.", "altus4_core.stored.", "altus4_core.seams.", "collections.abc.", "typing."):
        text = text.replace(prefix, "")
    return "None" if text == "NoneType" else text.replace("contextlib.", "")


PAGES = {"hooks.md": hooks_page, "seams.md": seams_page}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
