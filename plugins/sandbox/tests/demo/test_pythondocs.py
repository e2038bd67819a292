import sys
import sysconfig
from pathlib import Path

from altus4_sandbox.demo.pythondocs import ClassDoc, FunctionDoc, ModuleDoc, read_python_docs

SOURCE = '''"""Wheels and axles.

They turn.
"""
import sys
raise SystemExit("this module must not be run")

class Wheel(Base, Generic[T], metaclass=Meta):
    """It is round."""

    def turn(self, by: float = 0.5, *, fast: bool = False) -> "Wheel":
        """Turn it."""
        def inner(): ...

    async def stop(self): ...

    def _hidden(self): ...

    class Spoke:
        pass

class _Private:
    def method(self): ...

if sys.platform == "win32":
    def axle(x, /, *xs, **more):
        """For one platform."""
'''


def test_definitions_are_read_without_running_anything(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/__init__.py").write_text(SOURCE)
    docs = read_python_docs(tmp_path)
    assert docs.modules == [ModuleDoc("wheels", "Wheels and axles.", "Wheels and axles.\n\nThey turn.", 27)]
    assert docs.classes == [
        ClassDoc("wheels", "Wheel", "Base, Generic[T]", "It is round.", 8),
        ClassDoc("wheels", "Wheel.Spoke", "", None, 19),
    ]
    turn = "def turn(self, by: float=0.5, *, fast: bool=False) -> 'Wheel'"
    assert docs.functions == [
        FunctionDoc("wheels", "Wheel.turn", "method", turn, "Turn it.", 11),
        FunctionDoc("wheels", "Wheel.stop", "method", "async def stop(self)", None, 15),
        FunctionDoc("wheels", "axle", "function", "def axle(x, /, *xs, **more)", "For one platform.", 26),
    ]


def test_what_is_no_library_module_is_left_out(tmp_path: Path) -> None:
    for name in ("site-packages/a.py", "test/b.py", "json/tests/c.py", "_d.py", "not-a-name.py", "__pycache__/e.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""Left out."""\n')
    (tmp_path / "broken.py").write_text("def :\n")
    (tmp_path / "nul.py").write_bytes(b"x = '\0'\n")
    (tmp_path / "good.py").write_text("")
    assert [module.name for module in read_python_docs(tmp_path).modules] == ["good"]


def test_the_running_interpreters_library_is_there() -> None:
    sysconfig.get_path("stdlib")  # itself loads a module, once
    before = set(sys.modules)
    docs = read_python_docs()
    assert {"argparse", "json", "json.decoder", "asyncio.tasks"} <= {module.name for module in docs.modules}
    assert any((item.module, item.name) == ("argparse", "ArgumentParser") for item in docs.classes)
    [found] = [item for item in docs.functions if (item.module, item.name) == ("re", "compile")]
    assert found.signature == "def compile(pattern, flags=0)"
    assert "regular expression" in (found.docstring or "")
    assert len(docs.functions) > 3000
    assert set(sys.modules) - before == set()
