"""Who may import whom: the core nobody's driver and no plugin, plugins never each other."""

import subprocess
import sys

import pytest
from house import ROOT, imports_of, name_of, plugin_folders, plugins

LIBRARIES = {"altus4_mysql"}  # importable by plugins
DRIVERS = ("aiomysql", "asyncmy", "pymysql", "cryptography", "bcrypt", "jwt", "redis", "numpy", "onnxruntime")


def test_the_core_imports_no_plugin_and_no_driver():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sorted((ROOT / "altus4_core").rglob("*.py"))
        for line, module in imports_of(path)
        if (module.startswith("altus4_") and module.split(".")[0] != "altus4_core") or module.split(".")[0] in DRIVERS
    ]
    assert wrong == []


@pytest.mark.parametrize("module", ["altus4_core", "altus4_core.app", "altus4_core.serve", "altus4_core.cli.main"])
def test_importing_the_core_pulls_in_no_driver(module):
    code = f"import sys, {module}; print(*sorted(name for name in {DRIVERS!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("distribution", plugin_folders(), ids=name_of)
def test_plugins_do_not_import_each_other(distribution):
    allowed = {"altus4_core", distribution.package, *LIBRARIES}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in distribution.sources
        for line, module in imports_of(path)
        if module.startswith("altus4_") and module.split(".")[0] not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("distribution", plugins(), ids=name_of)
def test_what_is_imported_is_required(distribution):
    """A plugin is installed alone: what it imports of ours must be among its dependencies."""
    required = {
        requirement.split("[")[0].split("=")[0].split(">")[0].strip()
        for requirement in distribution.project["dependencies"]
    }
    imported = {
        module.split(".")[0].replace("_", "-")
        for path in distribution.sources
        for _, module in imports_of(path)
        if module.startswith("altus4_") and "testing" not in path.parts
    } - {distribution.name}
    assert imported <= required


@pytest.mark.parametrize("distribution", plugins(), ids=name_of)
def test_importing_a_plugin_pulls_in_no_driver(distribution):
    """Heavy imports belong in the service factory: composing plugins must be quick."""
    code = f"import sys, {distribution.package}; print(*sorted(name for name in {DRIVERS!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
