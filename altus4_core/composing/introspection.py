"""What `altus4 plugins` and `altus4 config explain` show. Their JSON is API."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from altus4_core.commands import CommandContext
from altus4_core.composing.seamtable import seam_table
from altus4_core.gateway import Gateway
from altus4_core.plugin import API


def plugin_report(gateway: Gateway) -> dict[str, Any]:
    """Describe plugins, providers, wraps and problems."""
    composition = gateway.composition
    settings = _settings(gateway)
    plugins = []
    for plugin in composition.plugins:
        provides: dict[str, list[str]] = {}
        for spec in seam_table():
            names = [entry.name for entry in composition.of(spec.name) if entry.plugin == plugin.name]
            if names:
                provides[spec.name] = names
        plugins.append(
            {
                "name": plugin.name,
                "status": plugin.status,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "origin": plugin.origin,
                "loadMs": round(plugin.load_ms, 1),
                "loadKiB": None if plugin.load_kib is None else round(plugin.load_kib),
                "provides": provides,
                "settings": settings.get(plugin.name, {}),
                "faults": dict(gateway.dispatch.ledger.of_plugin(plugin.name)),
                **({"error": plugin.error} if plugin.error else {}),
            }
        )
    wraps = [
        {"seam": seam, "provider": entry.name, "plugin": entry.plugin, "wrappedBy": list(entry.wraps)}
        for seam, entries in composition.entries.items()
        for entry in entries
        if entry.wraps
    ]
    return {
        "pluginApi": f"{API[0]}.{API[1]}",
        "plugins": plugins,
        "wraps": wraps,
        "warnings": [warning.line() for warning in composition.warnings],
        "problems": [problem.line() for problem in gateway.problems()],
    }


def _settings(gateway: Gateway) -> dict[str, dict[str, dict[str, str]]]:
    """Give the settings of every loaded plugin, by its name and theirs, secrets hidden, with their sources."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for plugin in gateway.composition.loaded():
        prefix = f"plugins.{plugin.name}."
        found[plugin.name] = {
            value.key.removeprefix(prefix): {"value": value.value, "source": value.source}
            for value in gateway.settings.explain({plugin.name: type(plugin.instance).Settings})
            if value.key.startswith(prefix)
        }
    return found


def plugin_table(report: Mapping[str, Any]) -> str:
    """Write the report for people."""
    rows = [["PLUGIN", "STATUS", "VERSION", "FROM", "LOAD", "MEMORY", "PROVIDES"]]
    for plugin in report["plugins"]:
        provides = "; ".join(
            f"{seam}: {', '.join(names)}" for seam, names in plugin["provides"].items() if seam != "route"
        )
        routes = len(plugin["provides"].get("route", ()))
        if routes:
            provides += f"{'; ' if provides else ''}routes: {routes}"
        load = f"{plugin['loadMs']:.0f} ms" if plugin["status"] == "loaded" else "-"
        taken = plugin["loadKiB"] if plugin["status"] == "loaded" else None
        memory = "-" if taken is None else f"{taken / 1024:.1f} MiB"
        whence = plugin["distribution"] or "-"
        rows.append([plugin["name"], plugin["status"], plugin["version"] or "-", whence, load, memory, provides])
    text = columns(rows)
    for wrap in report["wraps"]:
        text += f"\n{wrap['seam']} {wrap['provider']} of {wrap['plugin']} is wrapped by {', '.join(wrap['wrappedBy'])}"
    for warning in report["warnings"]:
        text += f"\nwarning: {warning}"
    for problem in report["problems"]:
        text += f"\nproblem: {problem}"
    return text


def explain_rows(context: CommandContext) -> list[dict[str, Any]]:
    """Give every setting with its source."""
    types = {plugin.name: type(plugin.instance).Settings for plugin in context.gateway.composition.loaded()}
    return [attrs.asdict(value) for value in context.settings.explain(types)]


def explain_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write the settings for people."""
    lines = [["SETTING", "VALUE", "SOURCE", "MEANING"]]
    lines += [[row["key"], str(row["value"]), row["source"], row["doc"]] for row in rows]
    return columns(lines)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Align rows; the last column is as long as it is."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    )
