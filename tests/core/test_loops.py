"""Running on uvloop, and without it."""

import sys

import pytest

from altus4_core.loops import run


def test_a_traceback_does_not_begin_with_the_missing_uvloop(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)

    async def fail():
        raise ValueError("of a plugin")

    with pytest.raises(ValueError, match="of a plugin") as caught:
        run(fail())
    assert caught.value.__context__ is None


def test_runs_to_the_end():
    async def answer():
        return 4

    assert run(answer()) == 4
