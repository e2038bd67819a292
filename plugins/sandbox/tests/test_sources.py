from pathlib import Path

from altus4_sandbox.sources import Source, archive_mirrors, parse_deb822, parse_one_line, read_sources

DEB822 = """\
# The archive
Types: deb deb-src
URIs: http://mirror.example/debian http://other.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://vendor.example/apt
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
"""

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # a remark
deb [arch=amd64 signed-by=/etc/apt/keyrings/vendor.gpg] https://vendor.example/apt stable main
deb-src http://mirror.example/debian bookworm main
deb	http://tabs.example/debian	bookworm	main
nonsense
"""

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def test_reads_deb822_stanzas() -> None:
    found = list(parse_deb822(DEB822))
    both = ("main", "contrib")
    assert found[:4] == [
        Source("http://mirror.example/debian", "bookworm", both, KEYRING),
        Source("http://mirror.example/debian", "bookworm-updates", both, KEYRING),
        Source("http://other.example/debian/", "bookworm", both, KEYRING),
        Source("http://other.example/debian/", "bookworm-updates", both, KEYRING),
    ]
    assert [source.uri for source in found[4:]] == ["https://vendor.example/apt"]
    assert found[4].signed_by.splitlines() == [
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "",
        "mQINBF",
        "-----END PGP PUBLIC KEY BLOCK-----",
    ]


def test_reads_one_line_sources() -> None:
    assert list(parse_one_line(ONE_LINE)) == [
        Source("http://mirror.example/debian", "bookworm", ("main", "contrib")),
        Source("https://vendor.example/apt", "stable", ("main",), "/etc/apt/keyrings/vendor.gpg"),
        Source("http://tabs.example/debian", "bookworm", ("main",)),
    ]


def test_reads_both_formats_from_the_configuration_folder(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    (tmp_path / "sources.list.d/b.list").write_text("deb http://b.example/debian bookworm main\n")
    (tmp_path / "sources.list.d/c.sources").write_text(
        "Types: deb\nURIs: http://c.example/debian\nSuites: bookworm\nComponents: main\n"
    )
    (tmp_path / "sources.list.d/d.list.save").write_text("deb http://d.example/debian bookworm main\n")
    hosts = [source.uri.split("/")[2] for source in read_sources(tmp_path)]
    assert hosts == ["a.example", "b.example", "c.example"]


def test_no_configuration_folder_means_no_sources(tmp_path: Path) -> None:
    assert read_sources(tmp_path / "absent") == []


def test_the_distributions_own_archive_comes_before_vendors() -> None:
    sources = [
        Source("https://vendor.example/apt", "bookworm", ("main",), "/etc/apt/keyrings/vendor.gpg"),
        Source("http://security.example/debian-security", "bookworm-security", ("main",), KEYRING),
        Source("cdrom:[Debian]", "bookworm", ("main",)),
        Source("http://mirror.example/debian", "bookworm-updates", ("main",), KEYRING),
        Source("http://mirror.example/debian", "bookworm", ("main",), KEYRING),
        Source("http://packages.example/node", "nodistro", ("main",)),
    ]
    found = [source.uri for source in archive_mirrors(sources, "bookworm")]
    assert found == ["http://mirror.example/debian", "https://vendor.example/apt"]


def test_a_mirror_named_after_the_suites_role_counts() -> None:
    sources = [Source("http://mirror.example/debian", "stable", ("main",))]
    assert archive_mirrors(sources, "bookworm") == sources
