"""Tables without keys, names that break formatting, many tables, tables that change, databases that fail."""

from typing import Any

import attrs
import pytest
from altus4_mysql import Column, Pool, QueryFailed, Rows, Table, TargetSchema
from altus4_sandbox.address import ServerAddress

from altus4_core.errors import TargetFailed
from altus4_core.records import SortKey
from altus4_core.search.hints import hints

from .support import Target, boolean, natural, opened, request

pytestmark = pytest.mark.mysql


async def test_a_table_without_key_gets_stable_ids(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE logs (line TEXT, n INT, raw_value BLOB, FULLTEXT KEY ft (line)) ENGINE=InnoDB")
        for line, number in (("error one", 1), ("error one", 1), ("error two", 2)):
            await pool.fetch("INSERT INTO logs VALUES (%s, %s, X'00')", (line, number))

    async with opened(any_server, fill) as target:
        first = await natural().search(request("error"), target)
        again = await natural(longest=200).search(request("error", limit=100), target)
        keys = [hit.key for hit in first[0].hits]
        assert len(set(keys)) == 3
        assert keys == [hit.key for hit in again[0].hits]
        assert keys[1][0] == f"{keys[0][0]}-2"
        assert [notice.code for notice in first[0].notices] == ["NO_PRIMARY_KEY"]


async def test_a_key_of_a_prefix_is_called_so(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE tags (k VARCHAR(40), line TEXT, PRIMARY KEY (k(5)), FULLTEXT KEY ft (line))")
        await pool.fetch("INSERT INTO tags VALUES ('first one', 'walrus')")

    async with opened(any_server, fill) as target:
        (found,) = await natural().search(request("walrus"), target)
        (notice,) = found.notices
        told = await natural().diagnose(request("walrus"), target, "tags", found.hits[0].key[0])
    assert (notice.code, notice.details) == ("NO_PRIMARY_KEY", {"prefixed": ["k"]})
    assert notice.message.startswith("The primary key of table 'tags' covers only a prefix of 'k'")
    (hint,) = hints([], [notice])
    assert hint["description"] == f"{notice.message} Let it cover whole columns."
    assert (told.reason, told.message) == ("NO_PRIMARY_KEY", f"{notice.message} One row cannot be looked up.")


@pytest.mark.parametrize(
    ("engine", "order"), [("InnoDB", (SortKey("n"),)), ("InnoDB", (SortKey("relevance"),)), ("MyISAM", ())], ids=str
)
async def test_pages_of_a_table_without_key_concatenate_where_rows_are_sorted(
    any_server: ServerAddress, engine: str, order: tuple[SortKey, ...]
) -> None:
    async def fill(pool: Pool) -> None:
        # the engines' own kinds of values, which must neither fail nor be taken for one another
        await pool.fetch(
            "CREATE TABLE logs (n INT, line TEXT, other VARCHAR(9) CHARACTER SET latin1, share DOUBLE,"
            " price DECIMAL(9,3), day DATE, bits BIT(9), kind ENUM('a','b'), marks SET('a','b'), document JSON,"
            f" place POINT, raw_value BLOB, FULLTEXT KEY ft (line)) ENGINE={engine}"
        )
        place = "ST_GeomFromText(CONCAT('POINT(', %s, ' 1)'))"
        for number in range(300):
            values = (
                number % 4 or None,
                f"error {'in line' if number % 3 else 'IN LINE'}",
                "é",
                number / 8,
                number / 8,
            )
            more = ("2024-02-29", number % 512, "a", "a,b", f'{{"n": {number % 5}}}', number % 7)
            await pool.fetch(
                f"INSERT INTO logs VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, {place}, X'00')", (*values, *more)
            )

    async with opened(any_server, fill) as target:
        asked = {"ranking": "mysql", "sort": order, "totals": "none"}
        found = await boolean().search(request("error", limit=100, **asked), target)
        whole = found[0].hits
        assert len({hit.key for hit in whole}) == len(whole) == 101
        for limit in (1, 7, 20, 50):
            listed = (await boolean().search(request("error", limit=limit, **asked), target))[0].hits
            assert [hit.key for hit in listed] == [hit.key for hit in whole][: limit + 1], limit


async def test_names_with_quotes_percent_signs_and_the_scores_own_name(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch(
            "CREATE TABLE `p%%s ``x``` (`id%%` INT PRIMARY KEY, `%%s``` TEXT, altus4_score INT, `select` TEXT,"
            " FULLTEXT KEY `f%%` (`%%s```, `select`)) ENGINE=InnoDB"
        )
        for row in ((1, "apple", 5, "pear"), (2, "apple apple apple", 1, "plum")):
            await pool.fetch("INSERT INTO `p%%s ``x``` VALUES (%s, %s, %s, %s)", row)

    async with opened(any_server, fill) as target:
        for mode in (natural(), boolean()):
            found = await mode.search(request("apple"), target)
            assert [hit.key for hit in found[0].hits] == [(2,), (1,)]
            assert found[0].hits[0].data == {"id%": 2, "%s`": "apple apple apple", "altus4_score": 1, "select": "plum"}
            assert found[0].hits[0].matched_columns == ("%s`",)


async def test_many_tables_are_searched_at_once_within_the_pools_bounds(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        for number in range(40):
            await pool.fetch(f"CREATE TABLE t{number} (id INT PRIMARY KEY, b TEXT, FULLTEXT KEY ft (b)) ENGINE=InnoDB")
            await pool.fetch(f"INSERT INTO t{number} VALUES (1, 'apple {'pie ' * number}')")

    async with opened(any_server, fill) as target:
        found = await natural().search(request("apple"), target)
        assert [hits.table for hits in found] == sorted(f"t{number}" for number in range(40))
        assert all(hits.total == 1 for hits in found)
        assert target.pool.stats.total <= 4


async def test_an_index_over_other_columns_is_used_with_a_warning(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch(
            "CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b TEXT, c TEXT, d TEXT, FULLTEXT KEY ab (a, b),"
            " FULLTEXT KEY c (c)) ENGINE=InnoDB"
        )
        await pool.fetch("INSERT INTO t VALUES (1, 'apple', 'pear', 'plum', 'fig')")

    async with opened(any_server, fill) as target:

        async def told(query: str, *columns: str) -> tuple[str, list[object], int]:
            found = await natural().search(request(query, columns=columns or None), target)
            notices = [
                (notice.code, {name: value for name, value in notice.details.items() if name != "sqlSuggestion"})
                for notice in found[0].notices
            ]
            assert all("ADD FULLTEXT INDEX" in notice.details.get("sqlSuggestion", "ADD FULLTEXT INDEX")
                       for notice in found[0].notices)  # fmt: skip
            return found[0].index, notices, len(found[0].hits)

        assert await told("apple", "a", "b") == ("ab", [], 1)
        assert await told("plum", "c") == ("c", [], 1)
        index, notices, count = await told("apple")
        assert (index, count) == ("ab, c", 1)
        assert notices == [("INDEXES_JOINED", {"indexes": ["ab", "c"]})]
        index, notices, _ = await told("plum", "A", "b", "c", "d")
        told_of = {"index": "ab, c", "columns": ["a", "b", "c", "d"], "missing": ["d"], "extra": []}
        assert (index, notices) == ("ab, c", [("COLUMNS_NOT_EXACT", {**told_of, "indexes": ["ab", "c"]})])
        index, notices, _ = await told("apple", "a")
        told_of = {"index": "ab", "columns": ["a"], "missing": [], "extra": ["b"]}
        assert (index, notices) == ("ab", [("COLUMNS_NOT_EXACT", told_of)])
        index, notices, count = await told("fig", "d")
        assert (index, count) == ("", 0)
        assert notices == [("COLUMNS_NOT_INDEXED", {"columns": ["d"]})]


async def test_a_table_that_is_gone_is_skipped_and_the_others_answer(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        for name in ("kept", "gone"):
            await pool.fetch(f"CREATE TABLE {name} (id INT PRIMARY KEY, b TEXT, FULLTEXT KEY ft (b)) ENGINE=InnoDB")
            await pool.fetch(f"INSERT INTO {name} VALUES (1, 'apple')")

    async with opened(any_server, fill) as target:
        async with target.pool.lease() as lease:
            await lease.fetch("SET SESSION " + _writable(target))
            await lease.fetch("DROP TABLE gone")
        found = {hits.table: hits for hits in await natural().search(request("apple"), target)}
        assert len(found["kept"].hits) == 1
        assert [notice.code for notice in found["gone"].notices] == ["SCHEMA_CHANGED"]


def _writable(target: Target) -> str:
    return "tx_read_only = 0" if target.known.server.flavour == "mariadb" else "transaction_read_only = 0"


async def test_a_schema_that_changed_under_a_search_is_planned_anew(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE t (id INT PRIMARY KEY, b TEXT, FULLTEXT KEY ft (b)) ENGINE=InnoDB")
        await pool.fetch("INSERT INTO t VALUES (1, 'apple')")

    class Changing(Target):
        """Reads its schema anew when a statement failed, as the plugin for databases does."""

        stale = True

        async def schema(self) -> TargetSchema:
            table = self.known.tables[0]
            gone = attrs.evolve(table, columns=(*table.columns, Column("gone", 9, "int", "int")))
            return attrs.evolve(self.known, tables=(gone,)) if self.stale else self.known

        async def fetch(self, sql: str, *arguments: Any, **named: Any) -> Rows:
            try:
                return await super().fetch(sql, *arguments, **named)
            except QueryFailed:
                self.stale = False
                raise

    async with opened(any_server, fill) as target:
        changing = Changing(target.pool, target.known)
        found = await natural().search(request("apple"), changing)
        assert [hit.key for hit in found[0].hits] == [(1,)]
        assert not found[0].notices


async def test_a_database_that_is_late_is_a_timeout(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE t (id INT PRIMARY KEY, b TEXT, FULLTEXT KEY ft (b)) ENGINE=InnoDB")
        await pool.fetch("INSERT INTO t VALUES (1, 'apple')")

    async with opened(any_server, fill) as target, target.pool.lease() as one, target.pool.lease() as two:
        async with target.pool.lease(), target.pool.lease():
            with pytest.raises(TargetFailed) as failed:
                await natural().search(request("apple", timeout_ms=100), target)
        assert failed.value.error_code == "BUSY"
        assert one is not two
        await one.fetch("SET SESSION " + _writable(target))
        await one.fetch("LOCK TABLES t WRITE")
        with pytest.raises(TargetFailed) as failed:
            await natural().search(request("apple", timeout_ms=100), target)
        assert failed.value.error_code == "TIMEOUT"
        await one.fetch("UNLOCK TABLES")
        assert str(failed.value) == "The database did not answer in time."


async def test_a_schema_read_anew_replaces_the_plans(any_server: ServerAddress) -> None:
    async def fill(pool: Pool) -> None:
        await pool.fetch("CREATE TABLE t (id INT PRIMARY KEY, b TEXT, FULLTEXT KEY ft (b)) ENGINE=InnoDB")
        await pool.fetch("INSERT INTO t VALUES (1, 'apple')")

    async with opened(any_server, fill) as target:
        mode = natural()
        assert "b" in (await mode.search(request("apple"), target))[0].hits[0].data
        table = target.known.tables[0]
        narrower: Table = attrs.evolve(table, columns=tuple(c for c in table.columns if isinstance(c, Column))[:1])
        target.known = attrs.evolve(target.known, tables=(narrower,))
        assert "b" not in (await mode.search(request("apple"), target))[0].hits[0].data
