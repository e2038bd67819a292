"""The step `manifest`: what is in the build, for programs. The same build gives the same bytes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from altus4_core.building.check import FOUND, read_found
from altus4_core.building.files import digest, text_digest, write_whole
from altus4_core.building.plan import BuildPlan
from altus4_core.building.wheelhouse import REQUIREMENTS, read_wheelhouse
from altus4_core.building.wheels import BuiltWheel

STEP = "manifest"
MANIFEST = "plugins.json"
VERSION = 1


class Manifest:
    """Writes the manifest."""

    def __init__(self, plan: BuildPlan) -> None:
        self._plan = plan

    def fingerprint(self) -> str:
        """Give what it depends on."""
        return text_digest(STEP, digest(self._plan.output / FOUND), digest(self._plan.output / REQUIREMENTS))

    def run(self) -> tuple[Sequence[str], str]:
        """Write it."""
        found = read_found(self._plan)
        wheels = {wheel.name: wheel for wheel in read_wheelhouse(self._plan.output)}
        plugins = [_plugin(plugin, found, wheels) for plugin in found["report"]["plugins"]]
        told = {
            "manifestVersion": VERSION,
            "core": found["versions"]["core"],
            "pluginApi": found["report"]["pluginApi"],
            "python": self._plan.interpreter.version,
            "platform": self._plan.interpreter.platform,
            "enable": found["enable"],
            "plugins": plugins,
            "wraps": found["report"]["wraps"],
            "distributions": [
                {"name": wheel.name, "version": wheel.version, "file": wheel.file, "sha256": wheel.sha256}
                for wheel in wheels.values()
            ],
        }
        write_whole(self._plan.output / MANIFEST, json.dumps(told, indent=2) + "\n")
        return [MANIFEST], f"{len(plugins)} plugins in {MANIFEST}"


def _plugin(told: Mapping[str, Any], found: Mapping[str, Any], wheels: Mapping[str, BuiltWheel]) -> dict[str, Any]:
    name = told["name"]
    wheel = next((each for each in wheels.values() if name in each.plugins), None)
    return {
        "name": name,
        # Settings that it still needs are the only reason for which a checked plugin is not loaded.
        "status": "needs settings" if told["status"] == "failed" else told["status"],
        "distribution": told["distribution"],
        "version": told["version"],
        "entryPoint": told["origin"],
        "wheel": wheel.file if wheel is not None else None,
        "provides": told["provides"],
        "requires": found["needs"].get(name, []),
        "tables": found["tables"].get(name, {}),
        "settings": [field["key"] for field in found["settings"]["plugins"].get(name, [])],
    }
