"""The standard library's documentation, read from its sources without importing any of them."""

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import attrs

# Not library: other people's packages, tests, and programs that happen to be shipped beside it.
_LEFT_OUT = frozenset(
    {"site-packages", "dist-packages", "lib-dynload", "__pycache__", "test", "tests", "idlelib", "lib2to3"}
    | {"turtledemo", "ensurepip", "pydoc_data"}
)


@attrs.frozen
class ModuleDoc:
    """A module; `summary` is the first line of its docstring, `lines` counts those of its source."""

    name: str
    summary: str | None
    docstring: str | None
    lines: int


@attrs.frozen
class ClassDoc:
    """A public class; `name` is qualified within its module, `bases` as the source writes them."""

    module: str
    name: str
    bases: str
    docstring: str | None
    line: int


@attrs.frozen
class FunctionDoc:
    """A public function or method; `signature` is its `def` line without the colon."""

    module: str
    name: str
    kind: str
    signature: str
    docstring: str | None
    line: int


@attrs.frozen
class PythonDocs:
    """All that was found, in the order of the sources."""

    modules: list[ModuleDoc]
    classes: list[ClassDoc]
    functions: list[FunctionDoc]


def read_python_docs(folder: Path | None = None) -> PythonDocs:
    """Read every public module below `folder` (the running interpreter's standard library).

    Files that cannot be read or parsed are left out: some are kept broken on purpose.
    """
    root = folder or Path(sysconfig.get_path("stdlib"))
    docs = PythonDocs([], [], [])
    for name, path in sorted(_sources(root)):
        try:
            text = path.read_bytes()
            tree = ast.parse(text)
        except (OSError, SyntaxError, ValueError):
            continue
        docstring = _docstring(tree)
        summary = docstring.split("\n", 1)[0] if docstring else None
        docs.modules.append(ModuleDoc(name, summary, docstring, text.count(b"\n")))
        _collect(docs, tree.body, name, "")
    return docs


def _sources(root: Path) -> Iterator[tuple[str, Path]]:
    for path in root.rglob("*.py"):
        parts = list(path.relative_to(root).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        if parts and not any(part in _LEFT_OUT or not part.isidentifier() or part[0] == "_" for part in parts):
            yield ".".join(parts), path


def _collect(docs: PythonDocs, body: list[ast.stmt], module: str, owner: str) -> None:
    for node in body:
        match node:
            case ast.ClassDef() if node.name[0] != "_":
                name = owner + node.name
                bases = ", ".join(ast.unparse(base) for base in node.bases)
                docs.classes.append(ClassDoc(module, name, bases, _docstring(node), node.lineno))
                _collect(docs, node.body, module, f"{name}.")
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name[0] != "_":
                word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
                result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
                signature = f"{word} {node.name}({ast.unparse(node.args)}){result}"
                kind = "method" if owner else "function"
                docstring = _docstring(node)
                docs.functions.append(FunctionDoc(module, owner + node.name, kind, signature, docstring, node.lineno))
            case ast.If() | ast.Try():
                # Definitions that depend on the platform or on an accelerator; the first form stands for all.
                _collect(docs, node.body, module, owner)


def _docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    return ast.get_docstring(node) or None
