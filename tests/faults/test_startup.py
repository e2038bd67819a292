"""Problems at start: all reported together, one located line each, strict by default."""

import pytest
from faulty import SECRET, problems_of

from altus4_core.errors import StartupRefused

HERE = "[altus4-misbehaving 6.6.6]"
LINES = {
    "misspelled-hook": "there is no hook altus4_limitters [HERE]; did you mean altus4_limiters?",
    "unknown-argument": "names the argument 'database', which it is not given [HERE]; it may take: ctx",
    "async-hook": "altus4_limiters must be a plain function, not `async def` [HERE]",
    "unmarked-hook": "altus4_limiters is not marked as a hook [HERE]; decorate it with @hookimpl",
    "raising-hook": "altus4_limiters failed: RuntimeError: on purpose [HERE]",
    "exiting-hook": "altus4_limiters failed: SystemExit",
    "junk-hook": "altus4_limiters must return a list of providers, not int [HERE]",
    "sync-method": "limiter 'plain': admit() must be written `async def` [HERE]",
    "bad-names": "limiter _Named has the name 'Capital Letters', not [a-z][a-z0-9-]* [HERE]",
    "bad-attributes": "search-mode 'kindless'",
    "newer-minor": "it was written for plugin API 1.1; this core offers 1.0 [HERE]; upgrade altus4-core",
    "newer-major": "it was written for plugin API 2.0; this core offers 1.0 [HERE]; upgrade altus4-core",
    "older-major": "it was written for plugin API 0.9; this core offers 1.0 [HERE]; install a newer altus4-misbehaving",
    "no-version": "api is '1.0', not a pair such as (1, 0) [HERE]",
    "plain-settings": "its Settings is not an attrs class [HERE]",
    "raising-constructor": "its constructor failed: RuntimeError: on purpose [HERE]",
    "missing-dependency": "cannot be imported: no module named 'altus4_no_such_dependency' [HERE]",
    "syntax-error": "syntax error in ",
    "leads-nowhere": "its entry point leads nowhere: ",
    "leads-to-no-module": "no module named 'altus4_misbehaving.no_such_module' [HERE]",
    "no-plugin": "altus4_misbehaving.nothing:NoPlugin is not a subclass of altus4_core.Plugin [HERE]",
    "other-name": "the class is named 'another-name' but its entry point 'other-name' [HERE]",
    "raises-at-import": "failed at import: RuntimeError: on purpose [HERE]",
    "exits-at-import": "failed at import: SystemExit",
    "cancels-at-import": "failed at import: CancelledError",
    "wants-nobody": "needs a Unicorn, which no enabled plugin offers",
    "bad-requires": "requires",
    "no-such-plugin": "enabled but not installed",
    "claimed": "claimed by 2 distributions: ",
}


@pytest.mark.parametrize(("plugin", "expected"), LINES.items())
async def test_one_located_line(compose, plugin, expected):
    gateway = compose(f'enable = ["{plugin}"]\n')
    lines = problems_of(gateway)
    expected = expected.replace("[HERE]", HERE)
    assert any(line.startswith(f"{plugin}: ") and expected in line for line in lines), lines
    for line in lines:
        assert "\n" not in line
        assert SECRET not in line
    with pytest.raises(StartupRefused) as caught:
        await gateway.start()
    assert [problem.line() for problem in caught.value.problems] == lines
    # The rest is unharmed: the twins were composed all the same.
    assert gateway.composition.named("search-mode", "memory") is not None


def test_cycle_is_named_once(compose):
    lines = problems_of(compose('enable = ["cycle-one", "cycle-two"]\n'))
    (line,) = lines
    assert "in a cycle: Hen (cycle-one) -> Egg (cycle-two) -> Hen (cycle-one)" in line


def test_duplicate_provider_name_lists_every_contender(compose):
    (line,) = [line for line in problems_of(compose('enable = ["twin-one", "twin-two"]\n')) if "categorizer" in line]
    assert "'by-mood' is claimed by twin-one (altus4-misbehaving 6.6.6), twin-two (altus4-misbehaving 6.6.6)" in line
    assert '[prefer] "categorizer.by-mood" = "twin-two"' in line


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("sise = 3", ["sise", "did you mean", "size", "altus4.toml"]),
        ('size = "big"', ["plugins.fussy.size", "altus4.toml"]),
        ("size = 0", ["plugins.fussy.size"]),
    ],
)
def test_bad_settings(compose, section, expected):
    (line,) = problems_of(compose(f'enable = ["fussy"]\n[plugins.fussy]\n{section}\n'))
    for part in expected:
        assert part in line


def test_ten_mistakes_at_once(compose):
    """Nobody wants to start ten times to find ten mistakes."""
    toml = """
enable = ["misspelled-hook", "newer-major", "missing-dependency", "syntax-error", "leads-nowhere", "fussy",
          "twin-one", "twin-two", "cycle-one", "cycle-two", "no-such-plugin", "exits-at-import"]
[plugins.fussy]
sise = 3
size = "big"
[plugins.no-such-section]
x = 1
[prefer]
"search-mode.nobody" = "twin-one"
"""
    lines = problems_of(compose(toml))
    for part in (
        "misspelled-hook: there is no hook",
        "newer-major: it was written for plugin API 2.0",
        "missing-dependency: cannot be imported",
        "syntax-error: syntax error in",
        "leads-nowhere: its entry point leads nowhere",
        "sise",
        "plugins.fussy.size",
        "categorizer 'by-mood' is claimed by",
        "in a cycle",
        "no-such-plugin: enabled but not installed",
        "exits-at-import: failed at import",
        "no-such-section",
        "search-mode.nobody",
    ):
        assert sum(part in line for line in lines) == 1, (part, lines)
    assert all("\n" not in line for line in lines)


def test_nothing_is_imported_that_is_not_enabled(compose):
    import sys

    compose('enable = ["fussy"]\n')
    imported = {name for name in sys.modules if name.startswith("altus4_misbehaving")}
    assert imported == {"altus4_misbehaving", "altus4_misbehaving.fussy"}
