"""`altus4 doctor`: everything that can be looked at, in one list of findings."""

import asyncio
from collections.abc import Sequence

import attrs
import orjson

from altus4_core.composing.introspection import columns
from altus4_core.errors import Problem, StartupRefused
from altus4_core.gateway import Gateway
from altus4_core.readiness import run_check
from altus4_core.records import Finding, Severity


async def examine(gateway: Gateway) -> Sequence[Finding]:
    """Check settings and plugins, start and ping the services, run every plugin's checks, stop again."""
    problems = gateway.problems()
    if problems:
        return [_finding(problem) for problem in problems]
    try:
        await gateway.start_services([entry.provider.type for entry in gateway.composition.of("service")])
    except StartupRefused as error:
        return [_finding(problem) for problem in error.problems]
    try:
        loaded = len(gateway.composition.loaded())
        findings = [*_settings(gateway), Finding("plugins", Severity.OK, f"{loaded} plugins loaded")]
        findings += [
            Finding(f"plugin {warning.who}", Severity.WARNING, warning.what, warning.hint)
            for warning in gateway.composition.warnings
        ]
        deadlines = gateway.settings.core.deadlines
        for name, (ok, took) in (await gateway.registry.ping(deadlines.ping)).items():
            severity = Severity.OK if ok else Severity.ERROR
            findings.append(Finding(f"service {name}", severity, f"answered in {took:.1f} ms" if ok else "no answer"))
        entries = gateway.composition.of("check")
        results = await asyncio.gather(*(run_check(gateway, entry, deadlines.check) for entry in entries))
        return findings + [finding for found in results for finding in found]
    finally:
        await gateway.registry.close()


def _settings(gateway: Gateway) -> Sequence[Finding]:
    """Say what the settings and secrets are like; wrong ones would have kept the gateway from starting."""
    core = gateway.settings.core
    hint = "set ALTUS4_ENVIRONMENT=production where people depend on it: it refuses what destroys data without --force"
    environment = Finding("settings", Severity.OK, "environment production")
    if core.environment != "production":
        environment = Finding("settings", Severity.INFO, f"environment {core.environment}", hint)
    secrets = {"session_secret": core.security.session_secret, "encryption_keys": core.security.encryption_keys}
    unset = [name for name, value in secrets.items() if not value]
    if unset:
        what = f"not set: {', '.join(unset)}"
        return [environment, Finding("secrets", Severity.INFO, what, "altus4 secrets generate, if a plugin needs them")]
    return [environment, Finding("secrets", Severity.OK, "both are set")]


def _finding(problem: Problem) -> Finding:
    where = f" [{problem.where}]" if problem.where else ""
    return Finding(f"start-up of {problem.who}", Severity.ERROR, f"{problem.what}{where}", problem.hint)


def findings_text(findings: Sequence[Finding]) -> str:
    """Write findings for people."""
    rows = [
        [finding.severity.value.upper(), finding.name, finding.message + (f" ({finding.hint})" if finding.hint else "")]
        for finding in findings
    ]
    return columns([["STATE", "CHECK", "FINDING"], *rows])


def findings_json(findings: Sequence[Finding]) -> str:
    """Write findings as JSON."""
    return orjson.dumps([attrs.asdict(finding) for finding in findings], option=orjson.OPT_INDENT_2).decode()
