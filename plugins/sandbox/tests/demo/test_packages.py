from importlib.metadata import PathDistribution
from pathlib import Path

from altus4_sandbox.demo.packages import PackageDoc, read_packages


def installed(folder: Path, name: str, metadata: str) -> PathDistribution:
    place = folder / f"{name}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(metadata)
    return PathDistribution(place)


def test_metadata_becomes_text(tmp_path: Path) -> None:
    found = read_packages(
        [
            installed(
                tmp_path,
                "b",
                "Metadata-Version: 2.1\nName: Bee\nVersion: 1.2\nSummary: It hums.\nKeywords: insects,honey\n"
                "\nLong\ntext.\n",
            ),
            installed(tmp_path, "a", "Metadata-Version: 2.1\nName: ant\nVersion: 3\nSummary: UNKNOWN\n"),
            installed(tmp_path, "broken", ""),
            installed(tmp_path / "later", "a", "Metadata-Version: 2.1\nName: Ant\nVersion: 2\n"),
        ]
    )
    assert found == [
        PackageDoc("ant", "3", None, None, None),
        PackageDoc("Bee", "1.2", "It hums.", "insects,honey", "Long\ntext."),
    ]


def test_the_running_interpreters_distributions_are_there() -> None:
    packages = {package.name: package for package in read_packages()}
    assert "pytest" in packages
    assert packages["pytest"].summary
    assert packages["pytest"].description
