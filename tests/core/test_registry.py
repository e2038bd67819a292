"""Services: order, closing, looking up."""

from contextlib import asynccontextmanager

import pytest

from altus4_core import Plugin, hookimpl
from altus4_core.errors import StartupRefused, Unavailable
from altus4_core.registry import plan_services
from altus4_core.seams import Service


class A:
    pass


class B:
    pass


class C:
    pass


class Chain(Plugin):
    """C needs B, B needs A; offered in the wrong order."""

    name = "chain"

    def __init__(self, settings=None):
        super().__init__(settings)
        self.story = []

    def _service(self, kind, requires):
        @asynccontextmanager
        async def factory():
            self.story.append(f"open {kind.__name__}")
            yield kind()
            self.story.append(f"close {kind.__name__}")

        return Service(kind, factory, requires=requires)

    @hookimpl
    def altus4_services(self):
        return [self._service(C, (B,)), self._service(B, (A,)), self._service(A, ())]


async def test_started_in_order_and_closed_in_reverse(gateway_factory):
    plugin = Chain()
    gateway = gateway_factory(plugin, memory=None)
    await gateway.start()
    assert isinstance(gateway.registry.get(C), C)
    assert gateway.registry.has(A)
    await gateway.stop()
    assert plugin.story == ["open A", "open B", "open C", "close C", "close B", "close A"]
    with pytest.raises(Unavailable) as caught:
        gateway.registry.get(C)
    assert caught.value.status == 503
    assert caught.value.retry_after


async def test_only_what_a_command_needs_is_started(gateway_factory):
    plugin = Chain()
    gateway = gateway_factory(plugin, memory=None)
    await gateway.start_services([B])
    assert plugin.story == ["open A", "open B"]
    await gateway.registry.close()


async def test_can_be_started_again(gateway_factory):
    plugin = Chain()
    gateway = gateway_factory(plugin, memory=None)
    for _ in range(2):
        await gateway.start()
        await gateway.stop()
    assert plugin.story.count("close A") == 2


async def test_what_depends_on_a_failed_service_is_not_blamed(gateway_factory):
    class Failing(Chain):
        @hookimpl
        def altus4_services(self):
            @asynccontextmanager
            async def fail():
                raise RuntimeError
                yield

            return [self._service(C, (B,)), Service(B, fail, name="the b", requires=(A,)), self._service(A, ())]

    plugin = Failing()
    with pytest.raises(StartupRefused) as caught:
        await gateway_factory(plugin, memory=None).start()
    (problem,) = caught.value.problems
    assert "'the b' failed to start" in problem.line()
    assert plugin.story == ["open A", "close A"]


def test_two_types_of_one_name_are_two_services(gateway_factory):
    def kind():
        class Same:
            pass

        return Same

    one, other = kind(), kind()

    class Both(Chain):
        @hookimpl
        def altus4_services(self):
            return [self._service(one, ()), self._service(other, ())]

    gateway = gateway_factory(Both(), memory=None)
    assert gateway.problems() == []
    order, _ = plan_services(gateway.composition)
    assert [planned.service.type for planned in order] == [one, other]
