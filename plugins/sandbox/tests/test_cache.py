import os
from pathlib import Path

import pytest
from altus4_sandbox import Cache, SandboxError


def test_the_environment_decides_in_order(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert Cache.from_environment(home).root == tmp_path / ".cache/altus4/sandbox"
    xdg = {**home, "XDG_CACHE_HOME": str(tmp_path / "xdg")}
    assert Cache.from_environment(xdg).root == tmp_path / "xdg/altus4/sandbox"
    relative = {**home, "XDG_CACHE_HOME": "relative"}
    assert Cache.from_environment(relative).root == tmp_path / ".cache/altus4/sandbox"
    named = {**xdg, "ALTUS4_SANDBOX_CACHE": str(tmp_path / "mine")}
    assert Cache.from_environment(named).root == tmp_path / "mine"


def test_a_user_without_a_home_is_told_what_to_set() -> None:
    with pytest.raises(SandboxError, match="set ALTUS4_SANDBOX_CACHE"):
        Cache.from_environment({})


def test_folders_are_private(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert cache.servers.stat().st_mode & 0o777 == 0o700
    assert cache.templates.is_dir()
    assert cache.downloads.is_dir()


def test_an_unusable_folder_is_one_line_that_names_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SandboxError, match="set ALTUS4_SANDBOX_CACHE") as caught:
        _ = Cache(tmp_path / "file").servers
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "servers").mkdir(mode=0o500)
    with pytest.raises(SandboxError, match="cannot write"):
        _ = Cache(tmp_path).servers
