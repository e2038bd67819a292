"""A folder to configure a gateway in."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from altus4_core.errors import SettingsError
from altus4_core.settings import LoadedSettings, load_settings

Load = Callable[..., LoadedSettings]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def load(folder: Path) -> Load:
    def load(toml: str | None = None, environ: Mapping[str, str] | None = None, **more: Any) -> LoadedSettings:
        if toml is not None:
            (folder / "altus4.toml").write_text(toml, encoding="utf-8")
        return load_settings(None, environ or {}, **more)

    return load


@pytest.fixture
def problems(load: Load) -> Callable[..., list[str]]:
    """Give the lines of everything that is wrong with the core's settings."""

    def problems(toml: str | None = None, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            load(toml, environ)
        return [problem.line() for problem in caught.value.problems]

    return problems
