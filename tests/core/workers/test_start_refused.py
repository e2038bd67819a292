"""What keeps workers from starting is said once, in one line, and nothing stays behind."""

import socket

import pytest
from click.testing import CliRunner
from processes import alive

from altus4_core.cli.main import main


def refusal(one):
    code = one.end()
    lines = one.text.splitlines()
    assert "Traceback" not in one.text
    assert all(line.startswith("altus4: ") for line in lines), one.text
    return code, lines


def test_a_taken_port(workers):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        one = workers("--port", str(port))
        assert refusal(one) == (
            1,
            [f"altus4: server: port {port} on 127.0.0.1 is taken; stop what uses it, or set server.port"],
        )


def test_an_address_of_somebody_else(workers):
    code, (line,) = refusal(workers("--host", "192.0.2.1"))
    assert code == 1
    assert "cannot listen on 192.0.2.1" in line


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('enable = ["no-such-plugin"]\n', ["no-such-plugin"]),
        (
            'enable = ["no-such-plugin"]\n[server]\nworkers = 1000\nmax_requests = 0\n',
            ["no-such-plugin", "max_requests"],
        ),
    ],
)
def test_wrong_settings(workers, toml, words):
    code, lines = refusal(workers(toml=toml))
    assert code in {1, 2}
    for word in words:
        assert len([line for line in lines if word in line]) == 1, lines
    assert len(lines) == len(words)


def test_one_that_dies_before_it_serves(workers, tmp_path):
    (tmp_path / "die").write_text("7")
    one = workers()
    pids = one.children()
    code, (line,) = refusal(one)
    assert code == 7
    assert line.startswith("altus4: worker ")
    assert line.endswith(" ended with exit code 7 before it served")
    assert not [pid for pid in pids if alive(pid)]


@pytest.mark.parametrize("number", ["0", "65", "two"])
def test_a_number_that_makes_no_sense(number):
    done = CliRunner().invoke(main, ["serve", "--workers", number])
    assert done.exit_code == 2
    assert "--workers" in done.stderr
