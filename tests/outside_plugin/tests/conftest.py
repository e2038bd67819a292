"""The outsider's plugin, really installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from installed import importable, install


@pytest.fixture(scope="session")
def outside_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install([Path(__file__).parent.parent], tmp_path_factory.mktemp("outside") / "site")


@pytest.fixture(autouse=True)
def outside(outside_site: Path) -> Iterator[Path]:
    with importable(outside_site, ("altus4_outside",)):
        yield outside_site
