"""The circuit."""

from altus4_redis.circuit import Circuit


def test_pauses_grow_and_one_at_a_time_finds_out(held_clock):
    circuit = Circuit(1.0, held_clock.monotonic)
    assert all(circuit.admits() for _ in range(3))
    assert circuit.failed()
    for _ in range(2):  # those that were on their way
        assert not circuit.failed()
    for pause in (0.1, 0.2, 0.4, 0.8, 1.0, 1.0):
        held_clock.advance(pause - 0.01)
        assert not circuit.admits()
        held_clock.advance(0.02)
        assert [circuit.admits() for _ in range(3)] == [True, False, False]
        assert not circuit.failed()
    held_clock.advance(1.01)
    assert circuit.admits()
    circuit.abandoned()
    assert circuit.admits()
    assert circuit.succeeded()
    assert not circuit.is_open
    assert not circuit.succeeded()
    assert circuit.failed()
    held_clock.advance(0.11)
    assert circuit.admits()
