"""A wrap with a wrong seam or name: start refused."""

import pytest
from faulty import problems_of

from altus4_core.errors import StartupRefused

EXPECTED = {
    "renaming-wrap": "altus4_wrap changed the name of categorizer 'by-table' to 'renamed'",
    "foreign-wrap": "policy 'renamed' lacks the method permits()",
    "raising-wrap": "altus4_wrap failed: RuntimeError",
}


@pytest.mark.parametrize(("plugin", "line"), EXPECTED.items())
async def test_wrong_wrap_refuses_the_start(compose, plugin, line):
    gateway = compose(f'enable = ["{plugin}"]\n')
    lines = problems_of(gateway)
    assert any(found.startswith(f"{plugin}: ") and line in found for found in lines)
    with pytest.raises(StartupRefused):
        await gateway.start()


def test_the_provider_stays_what_it_was(compose):
    gateway = compose('enable = ["renaming-wrap"]\n')
    entry = gateway.composition.named("categorizer", "by-table")
    assert entry.wraps == ()
    assert entry.provider.name == "by-table"
