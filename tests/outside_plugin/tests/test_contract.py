"""The outsider's providers keep the contracts, with nothing but what the kit gives to everybody."""

from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

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
from altus4_core.seams import Migrations
from altus4_core.stored import Database
from altus4_core.testing import contracts
from altus4_core.testing.twins.plugin import user_identity

ROW = Database("shelf", "user-1", "shelf", "nowhere.invalid", 1, "shelf", "nobody", kind="text-files")


def outside(noun: str):
    """The plugin is importable only while a test runs."""
    return import_module(f"altus4_outside.{noun}")


@pytest.fixture
def shelf(tmp_path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "poems.txt").write_text("a database is a rose\ndata and dates\nnothing here\n")
    (folder / "notes.txt").write_text("the date of the dance\n")
    return tmp_path


class TestPlugin(contracts.PluginContract):
    @pytest.fixture
    def plugin(self):
        return outside("plugin").OutsidePlugin


class TestVisits(contracts.ServiceContract):
    @pytest.fixture
    def provider(self):
        return outside("plugin").OutsidePlugin().altus4_services()[0]

    @pytest.fixture
    def valid(self):
        async def works(running):
            running.counts["x"] += 1
            return running.counts["x"] == 1

        return works


class TestProxyHeader(contracts.AuthSchemeContract):
    header = "X-Authenticated-User"
    secret = False

    @pytest.fixture
    def provider(self):
        return outside("proxyheader").ProxyHeader(frozenset({"127.0.0.1"}))

    @pytest.fixture
    def valid(self):
        return AuthRequest("GET", "/", {"X-Authenticated-User": "ann"}, {}, "127.0.0.1")


class TestOfficeHours(contracts.PolicyContract):
    answer = None

    @pytest.fixture
    def provider(self, held_clock):
        return outside("office").OfficeHours(held_clock, 8, 18)

    @pytest.fixture
    def valid(self):
        return user_identity(), Action("search.run", "search"), None


class TestClosed(TestOfficeHours):
    answer = False

    @pytest.fixture
    def provider(self, held_clock):
        return outside("office").OfficeHours(held_clock, 18, 20)


class TestWindowLimiter(contracts.LimiterContract):
    exhausted_after = 60

    @pytest.fixture
    def provider(self, held_clock):
        return outside("window").WindowLimiter(held_clock, 50)

    @pytest.fixture
    def valid(self):
        return Subject("key", "k-1")


class TestTextFiles(contracts.TargetContract):
    @pytest.fixture
    def provider(self, shelf):
        return outside("textfile").TextFiles(shelf)

    @pytest.fixture
    def valid(self):
        return ROW


class TestPrefixSearch(contracts.SearchModeContract):
    @pytest.fixture
    def provider(self):
        return outside("prefix").PrefixSearch()

    @pytest.fixture
    def valid(self, shelf):
        return SearchRequest("dat"), outside("textfile").TextFolder(ROW, shelf / "shelf")


class TestCachedSearch(TestPrefixSearch):
    @pytest.fixture
    def provider(self, held_clock):
        return outside("cache").CachedSearch(outside("prefix").PrefixSearch(), held_clock, 60.0)


class TestRelativeFusion(contracts.FusionContract):
    @pytest.fixture
    def provider(self):
        return outside("relative").RelativeFusion()

    @pytest.fixture
    def valid(self):
        return [
            RankedList("a", "s", [Hit((n,), float(9 - n // 2), {}) for n in range(9)]),
            RankedList("a", "t", [Hit((n,), 1.0, {}) for n in range(5)]),
            RankedList("b", "s", [Hit((n,), 100.0 - n, {}) for n in range(3)]),
        ]


class TestFirstLetter(contracts.CategorizerContract):
    @pytest.fixture
    def provider(self):
        return outside("firstletter").FirstLetter()

    @pytest.fixture
    def valid(self):
        hits = [FusedHit("a", "t", Hit((n,), 1.0, {"x": "y"}, snippet="abc"[n % 3]), 0.5, n) for n in range(5)]
        return SearchRequest("word"), hits


class TestPlural(contracts.SuggesterContract):
    @pytest.fixture
    def provider(self):
        return outside("plural").Plural()

    @pytest.fixture
    def valid(self):
        return SuggestRequest(user_identity(), "rose")


class TestJsonLines(contracts.SinkContract):
    @pytest.fixture
    def provider(self, tmp_path):
        return outside("jsonlines").JsonLinesSink(tmp_path / "events.jsonl")

    @pytest.fixture
    def valid(self):
        return [Event(f"e-{n}", "search", datetime(2030, 1, 1, tzinfo=UTC), "user-1", "r-1") for n in range(3)]


class TestMigrations(contracts.MigrationsContract):
    @pytest.fixture
    def provider(self):
        folder = Path(outside("plugin").__file__).parent / "migrations"
        return Migrations("outside", str(folder))

    @pytest.fixture
    def valid(self):
        return 1


class TestShowVisits(contracts.RouteContract):
    @pytest.fixture
    def provider(self):
        visits = outside("visits").Visits()
        visits.counts["home"] = 3
        return outside("visits").visit_routes(lambda: visits)[1]

    @pytest.fixture
    def valid(self):
        return Call("r-1", user_identity(), {"page": "home"}, None, None, "127.0.0.1", None, None)


class TestAddVisit(contracts.RouteContract):
    @pytest.fixture
    def provider(self):
        visits = outside("visits").Visits()
        return outside("visits").visit_routes(lambda: visits)[0]

    @pytest.fixture
    def valid(self):
        body = outside("visits").Visit("home")
        return Call("r-1", user_identity(), {}, None, body, "127.0.0.1", None, None)


class TestGreet(contracts.CommandContract):
    @pytest.fixture
    def provider(self):
        return outside("greeting").greet_command()

    @pytest.fixture
    def valid(self):
        return []


class TestFolder(contracts.CheckContract):
    @pytest.fixture
    def provider(self, tmp_path):
        return outside("folder").FolderCheck(tmp_path / "missing")

    @pytest.fixture
    def valid(self):
        return Severity.ERROR
