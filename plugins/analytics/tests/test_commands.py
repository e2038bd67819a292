"""What the commands refuse before they do anything."""

import pytest
from altus4_analytics.commands import commands
from click.testing import CliRunner

from altus4_core.clock import SystemClock


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prune", "--force"], "say --keep-days"),
        (["prune", "--force", "--keep-days", "0"], "--keep-days"),
        (["rebuild", "--since", "2030-02-30"], "--since"),
        (["rebuild", "--since", "2024-05-02", "--until", "2024-05-01"], "2024-05-01, is before the first, 2024-05-02"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, told):
    result = CliRunner().invoke(commands(SystemClock(), 0), arguments, obj=object())
    assert (result.exit_code, told in result.output) == (2, True), result.output
