"""The twins keep the contracts that the kit ships."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from altus4_core.records import (
    Action,
    AuthRequest,
    Event,
    FusedHit,
    Hit,
    RankedList,
    SearchRequest,
    Severity,
    Subject,
    SuggestRequest,
)
from altus4_core.routing import Call
from altus4_core.stored import Database
from altus4_core.testing import contracts
from altus4_core.testing.sink import RecordingSink
from altus4_core.testing.twins.auth import TokenScheme
from altus4_core.testing.twins.categorizer import ByTable
from altus4_core.testing.twins.check import AllIsWell
from altus4_core.testing.twins.command import hello_command
from altus4_core.testing.twins.fusion import Interleave
from altus4_core.testing.twins.limiter import NeverLimits
from altus4_core.testing.twins.migrations import write_migrations
from altus4_core.testing.twins.plugin import user_identity
from altus4_core.testing.twins.policy import AllowAll
from altus4_core.testing.twins.route import Echo, echo_route
from altus4_core.testing.twins.search import MemorySearch
from altus4_core.testing.twins.service import held_service
from altus4_core.testing.twins.suggester import FixedSuggester
from altus4_core.testing.twins.target import MemoryTarget, MemoryTargets
from altus4_core.testing.twins.vocabulary import MemoryVocabularies
from altus4_core.testing.twins.wrap import CountingWrap

TABLES = {
    "notes": [{"id": number, "text": "word " * (1 + number % 3), "kind": "note"} for number in range(9)],
    "books": [{"id": number, "title": "a word", "author": None} for number in range(3)],
}
ROW = Database("d-1", "user-1", "shop", "memory.invalid", 1, "shop", "nobody", kind="memory")


class TestTokenScheme(contracts.AuthSchemeContract):
    @pytest.fixture
    def provider(self):
        return TokenScheme({"memory-abcdef": user_identity()})

    @pytest.fixture
    def valid(self):
        return AuthRequest("GET", "/", {"Authorization": "Bearer memory-abcdef"}, {}, "127.0.0.1")


class TestAllowAll(contracts.PolicyContract):
    answer = True

    @pytest.fixture
    def provider(self):
        return AllowAll()

    @pytest.fixture
    def valid(self):
        return user_identity(), Action("search.run", "search"), None


class TestNeverLimits(contracts.LimiterContract):
    limits = False

    @pytest.fixture
    def provider(self):
        return NeverLimits()

    @pytest.fixture
    def valid(self):
        return Subject("key", "k-1")


class TestMemorySearch(contracts.SearchModeContract):
    @pytest.fixture
    def provider(self):
        return MemorySearch()

    @pytest.fixture
    def valid(self):
        return SearchRequest("word"), MemoryTarget(ROW, TABLES)


class TestCountingWrap(TestMemorySearch):
    """A wrap keeps the contract of what it wraps."""

    @pytest.fixture
    def provider(self):
        return CountingWrap(MemorySearch(), Counter(), "search")


class TestMemoryTargets(contracts.TargetContract):
    @pytest.fixture
    def provider(self):
        return MemoryTargets({"shop": TABLES})

    @pytest.fixture
    def valid(self):
        return ROW


def ranked() -> list[RankedList]:
    return [
        RankedList("a", "s", [Hit((n,), float(9 - n // 2), {}) for n in range(9)]),
        RankedList("a", "t", [Hit((n,), 1.0, {}) for n in range(5)]),
        RankedList("b", "s", [Hit((n,), 100.0 - n, {}) for n in range(3)]),
    ]


class TestInterleave(contracts.FusionContract):
    @pytest.fixture
    def provider(self):
        return Interleave()

    @pytest.fixture
    def valid(self):
        return ranked()


class TestByTable(contracts.CategorizerContract):
    @pytest.fixture
    def provider(self):
        return ByTable()

    @pytest.fixture
    def valid(self):
        hits = [FusedHit("a", f"t{n % 2}", Hit((n,), 1.0, {"x": "y"}), 0.5, n) for n in range(5)]
        return SearchRequest("word"), hits


class TestFixedSuggester(contracts.SuggesterContract):
    @pytest.fixture
    def provider(self):
        return FixedSuggester(["database", "databases", "date", "dump"])

    @pytest.fixture
    def valid(self):
        return SuggestRequest(user_identity(), "dat")


class TestRecordingSink(contracts.SinkContract):
    @pytest.fixture
    def provider(self):
        return RecordingSink()

    @pytest.fixture
    def valid(self):
        return [Event(f"e-{n}", "search", datetime(2030, 1, 1, tzinfo=UTC), "user-1", "r-1") for n in range(3)]


class TestEchoRoute(contracts.RouteContract):
    @pytest.fixture
    def provider(self):
        return echo_route()

    @pytest.fixture
    def valid(self):
        return Call("r-1", user_identity(), {}, None, Echo("hello"), "127.0.0.1", None, None)


class TestMigrations(contracts.MigrationsContract):
    @pytest.fixture
    def provider(self, tmp_path):
        return write_migrations(tmp_path)

    @pytest.fixture
    def valid(self):
        return 1


class TestAllIsWell(contracts.CheckContract):
    @pytest.fixture
    def provider(self):
        return AllIsWell()

    @pytest.fixture
    def valid(self):
        return Severity.OK


class TestHeldService(contracts.ServiceContract):
    @pytest.fixture
    def provider(self):
        return held_service(list, [1], "a list")

    @pytest.fixture
    def valid(self):
        async def works(running: list[int]) -> bool:
            return running == [1]

        return works


class TestHelloCommand(contracts.CommandContract):
    @pytest.fixture
    def provider(self):
        return hello_command()

    @pytest.fixture
    def valid(self):
        return []


class TestMemoryVocabularies(contracts.VocabulariesContract):
    @pytest.fixture
    def provider(self):
        texts = [
            "Tuning the buffer pool of a database",
            "Libraries of indexes: café, naïve",
            "other texts, other words",
        ]
        return MemoryVocabularies({"notes": {"t": texts, "s": texts[:1]}})

    @pytest.fixture
    def valid(self):
        return "notes"
