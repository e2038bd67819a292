"""Natural mode on real servers, from a request to hits."""

import pytest

from altus4_core.errors import Unsearchable
from altus4_core.records import TableHits

from .support import Target, natural, request

pytestmark = pytest.mark.mysql


def by_table(found: list[TableHits]) -> dict[str, TableHits]:
    return {hits.table: hits for hits in found}


async def test_a_word_is_found_in_all_tables_with_the_servers_score(shop: Target) -> None:
    found = by_table(await natural().search(request("mysql"), shop))
    assert set(found) == {"articles", "products"}
    articles = found["articles"]
    assert articles.index == "ft_title_content"
    assert [hit.key for hit in articles.hits] == [(1,)]
    hit = articles.hits[0]
    assert hit.matched_columns == ("title", "content")
    assert "mysql" in hit.snippet
    assert hit.data["title"] == "MySQL tuning"
    assert (articles.total, articles.relation, articles.exhausted) == (1, "eq", True)
    raw = await shop.pool.fetch("SELECT MATCH(title, content) AGAINST ('mysql') FROM articles WHERE id = 1")
    assert hit.score == raw.scalar()
    assert found["products"].hits[0].data["price"] == "19.90"


async def test_accents_and_case_do_not_matter_for_matched_columns(shop: Target) -> None:
    found = by_table(await natural().search(request("CAFE"), shop))
    assert found["articles"].hits[0].matched_columns == ("title",)
    assert found["articles"].hits[0].snippet == "Café culture"


async def test_stop_words_and_short_words_send_no_statement(shop: Target) -> None:
    found = await natural().search(request("the of xy"), shop)
    assert shop.statements == []
    assert all((hits.total, list(hits.hits)) == (0, []) for hits in found)
    told = {notice.code: notice.details for notice in found[0].notices}
    assert told["STOPWORD_REMOVED"]["tokens"] == ["the", "of"]
    assert told["TOKEN_TOO_SHORT"] == {"tokens": ["xy"], "minimum": 3}


async def test_columns_choose_the_index(shop: Target) -> None:
    found = by_table(await natural().search(request("tuning", tables=("articles",), columns=("content",)), shop))
    assert found["articles"].index == "ft_content"
    assert [hit.key for hit in found["articles"].hits] == [(3,)]
    assert not found["articles"].notices


async def test_a_table_without_index_is_skipped_or_refused(shop: Target) -> None:
    found = by_table(await natural().search(request("mysql", tables=("articles", "plain")), shop))
    assert [notice.code for notice in found["plain"].notices] == ["NO_FULLTEXT_INDEX"]
    with pytest.raises(Unsearchable) as refused:
        await natural().search(request("mysql", tables=("plain",)), shop)
    assert refused.value.error_code == "NO_FULLTEXT_INDEX"
    assert refused.value.details == [
        {
            "database": shop.name,
            "table": "plain",
            "sqlSuggestion": "ALTER TABLE `plain` ADD FULLTEXT INDEX `ft_note` (`note`)",
        }
    ]


async def test_unknown_tables_and_columns_are_told(shop: Target) -> None:
    found = by_table(await natural().search(request("mysql", tables=("articels", "products")), shop))
    assert found["articels"].notices[0].code == "UNKNOWN_TABLE"
    assert found["articels"].notices[0].details == {"table": "articels", "nearest": "articles"}
    assert len(found["products"].hits) == 1
    found = by_table(await natural().search(request("mysql", columns=("nope",)), shop))
    assert {notice.code for hits in found.values() for notice in hits.notices} == {"UNKNOWN_COLUMN"}
    found = by_table(await natural().search(request("tuning", columns=("title",)), shop))
    assert set(found) == {"articles"}
