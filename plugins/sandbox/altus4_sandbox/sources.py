"""The machine's own apt sources, read so that no mirror's address stands in the code."""

import re
from collections.abc import Iterator
from pathlib import Path

import attrs

_ONE_LINE = re.compile(
    r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)"
    r"(?P<components>(?:\s+[^#\s]+)*)"
)


@attrs.frozen
class Source:
    """One binary-package source: `signed_by` is a keyring's path, an armoured key's text, or empty."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""


def read_sources(folder: Path = Path("/etc/apt")) -> list[Source]:
    """All enabled sources of `sources.list` and `sources.list.d/*.{list,sources}`; unreadable files count as absent."""
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    found: list[Source] = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if path.suffix == ".sources":
            found.extend(parse_deb822(text))
        elif path.suffix == ".list":
            found.extend(parse_one_line(text))
    return found


def parse_one_line(text: str) -> Iterator[Source]:
    """Sources of the format `deb [signed-by=/path] uri suite component...` (sources.list(5))."""
    for line in text.splitlines():
        match = _ONE_LINE.match(line.strip())
        if match is None:
            continue
        options = dict(item.split("=", 1) for item in (match["options"] or "").split() if "=" in item)
        signed_by = options.get("signed-by", "")
        yield Source(match["uri"], match["suite"], tuple(match["components"].split()), signed_by)


def parse_deb822(text: str) -> Iterator[Source]:
    """Sources of the format of `*.sources` files (sources.list(5), DEB822-STYLE FORMAT)."""
    for stanza in _stanzas(text):
        enabled = stanza.get("enabled", "yes").strip().lower() not in {"no", "false", "0", "off", "without", "disable"}
        if not enabled or "deb" not in stanza.get("types", "").split():
            continue
        components = tuple(stanza.get("components", "").split())
        signed_by = stanza.get("signed-by", "").strip()
        for uri in stanza.get("uris", "").split():
            for suite in stanza.get("suites", "").split():
                yield Source(uri, suite, components, signed_by)


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0] in " \t":
            if name:
                # In a key given in place, a line with a lone dot stands for an empty one.
                part = line.strip()
                fields[name] += "\n" + ("" if part == "." else part)
        elif ":" in line:
            key, value = line.split(":", 1)
            name = key.strip().lower()
            fields[name] = value.strip()


def archive_mirrors(sources: list[Source], codename: str) -> list[Source]:
    """The sources that may be the distribution's main archive, the most likely first.

    Other vendors use the same suite and component names, so the order is a guess; apt's check of the
    signature against the distribution's own keyring decides.
    """
    suites = {codename, "stable", "oldstable", "testing", "unstable", "sid"} - {""}
    wanted = [
        source
        for source in sources
        if source.suite in suites and "main" in source.components and not source.uri.startswith("cdrom:")
    ]

    def unlikeliness(source: Source) -> tuple[bool, bool, bool]:
        return (
            "archive-keyring" not in source.signed_by,
            source.suite != codename,
            not re.search(r"/debian/?(?:\d{8}T\d{6}Z/?)?$", source.uri),
        )

    unique = {source.uri: source for source in reversed(wanted)}
    return sorted(unique.values(), key=unlikeliness)
