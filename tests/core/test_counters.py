"""What plugins count stands among the metrics; a limiter may say by itself that it refuses."""

from altus4_core import Plugin, hookimpl
from altus4_core.counters import Counters
from altus4_core.errors import LimitsUnknown
from altus4_core.records import Verdict


class Choosy(Plugin):
    """A limiter that cannot count, and says what that means."""

    name = "choosy"

    @hookimpl
    def altus4_limiters(self, ctx):
        class Limiter:
            name = "default"

            async def admit(self, subject, action, cost):
                if action != "search.run":
                    return Verdict(allowed=True)
                ctx.counters.add("unanswered")
                message = "Limits cannot be checked right now."
                raise LimitsUnknown(message, retry_after=3)

        return [Limiter()]


def test_plugins_have_totals_of_their_own():
    counters = Counters()
    counters.of("a").add("x")
    counters.of("a").add("x", 2)
    counters.of("b").add("x")
    assert (counters.of("a").total("x"), counters.of("b").total("x"), counters.of("b").total("y")) == (3, 1, 0)


async def test_a_limiter_that_refuses_is_503_whatever_the_core_does_on_faults_and_is_counted(client_factory):
    client = await client_factory(Choosy, toml='[limits]\non_fault = "allow"')
    answer = await client.post("/api/v1/search", json={"query": "database", "databases": ["notes"]})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "3")
    assert (await answer.json())["error"]["code"] == "LIMITER_UNAVAILABLE"
    figures = (await (await client.get("/api/v1/metrics")).json())["data"]["metrics"]
    counted = [figure for figure in figures if figure["name"] == "altus4_plugin_counts_total"]
    assert [(figure["labels"], figure["value"] >= 1) for figure in counted] == [
        ({"plugin": "choosy", "name": "unanswered"}, True)
    ]


class Measuring(Plugin):
    """One gauge that works and one that does not."""

    name = "measuring"

    @hookimpl
    def altus4_checks(self, ctx):
        ctx.counters.gauge("depth", lambda: 3)
        ctx.counters.gauge("broken", lambda: 1 / 0)
        return []


async def test_gauges_are_read_when_asked_for_and_a_broken_one_hides_no_other(client_factory):
    client = await client_factory(Measuring, toml='[server]\nmetrics = "public"')
    samples = (await (await client.get("/api/v1/metrics")).json())["data"]["metrics"]
    gauges = {
        sample["labels"]["name"]: sample["value"] for sample in samples if sample["name"] == "altus4_plugin_gauge"
    }
    assert gauges == {"depth": 3.0}
