"""Advice on FULLTEXT indexes: true on both servers, with DDL that they accept and that settles the matter."""

from datetime import UTC, datetime

import pytest
from altus4_databases_mysql.advice.advisor import advise
from altus4_databases_mysql.advice.rules import ENOUGH_SEARCHES
from altus4_databases_mysql.advice.sample import look
from altus4_databases_mysql.advice.usage import IndexUsage
from altus4_mysql import FulltextIndex, Table

pytestmark = pytest.mark.mysql

ARTICLES = """CREATE TABLE articles (
    id INT PRIMARY KEY AUTO_INCREMENT, title VARCHAR(255) NOT NULL, content TEXT NOT NULL, author VARCHAR(100),
    published_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FULLTEXT KEY ft_title_content (title, content), FULLTEXT KEY ft_title (title), FULLTEXT KEY ft_content (content)
)"""
PRODUCTS = """CREATE TABLE products (
    id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(255) NOT NULL, description TEXT, category VARCHAR(100),
    price DECIMAL(10,2), FULLTEXT KEY ft_name_description (name, description), FULLTEXT KEY ft_name (name)
)"""
ROWS = """INSERT INTO articles (title, content, author) VALUES
    ('Tuning MySQL', 'How to tune a buffer pool', 'Ann'), ('Green tea', 'What to know of tea and water', 'Bob')"""
MORE = "INSERT INTO products (name, description, category) VALUES ('Tea pot', 'A pot made of iron', 'kitchen')"
SEED = (ARTICLES, PRODUCTS, ROWS, MORE)


async def advice_of(opened, customer):
    target = await opened(customer)
    await target.refresh_schema()
    report = await advise(target)
    assert report.database == customer.schema
    return {(one.type, one.table): one for one in report.advice}


async def carried_out(opened, customer, *wanted):
    """Run the DDL of the advice as the administrator; give the advice there is afterwards."""
    for one in wanted:
        assert one.ddl
        await customer.run(*one.ddl)
    return await advice_of(opened, customer)


async def test_the_seeds_tables(opened, customer):
    await customer.run(*SEED)
    report = await advise(await opened(customer))
    found = [(one.type, one.table, one.index, one.impact) for one in report.advice]
    assert sorted(found) == [
        ("overlapping", "articles", "ft_content", "low"),
        ("overlapping", "articles", "ft_title", "low"),
        ("overlapping", "products", "ft_name", "low"),
    ]
    (title,) = [one for one in report.advice if one.index == "ft_title"]
    assert "Keep it for searches of 'title' alone" in title.description
    assert title.ddl == ("ALTER TABLE `articles` DROP INDEX `ft_title`",)
    assert title.estimate.bytes < 0
    await customer.run(*title.ddl)


async def test_a_table_without_an_index(opened, customer):
    await customer.run(
        "CREATE TABLE notes (id INT PRIMARY KEY, subject VARCHAR(200), note TEXT, token CHAR(64), code VARCHAR(20))",
        "INSERT INTO notes VALUES (1, 'Green tea', 'Water of eighty degrees', REPEAT('a1', 32), 'X-12'),"
        " (2, 'Black tea', 'Boiling water', REPEAT('b2', 32), 'X-13')",
        "CREATE TABLE numbers (id INT PRIMARY KEY, n INT)",
        "CREATE VIEW looked AS SELECT * FROM notes",
    )
    found = await advice_of(opened, customer)
    assert set(found) == {("missing", "notes")}
    missing = found["missing", "notes"]
    assert missing.columns == ("subject", "note")  # the token and the code are no prose
    assert missing.impact == "high"
    assert missing.estimate.rows >= 1
    assert missing.estimate.seconds >= 0
    assert "MB of text" in missing.estimate.basis
    assert await carried_out(opened, customer, missing) == {}


async def test_an_empty_table_is_judged_by_names_and_types(opened, customer):
    await customer.run("CREATE TABLE blank (id INT PRIMARY KEY, title VARCHAR(80), body TEXT, sku VARCHAR(30))")
    assert (await advice_of(opened, customer))["missing", "blank"].columns == ("title", "body")


async def test_text_outside_of_every_index_and_indexes_apart(opened, customer):
    await customer.run(
        "CREATE TABLE apart (id INT PRIMARY KEY, title VARCHAR(80), body TEXT, summary TEXT,"
        " FULLTEXT KEY ft_title (title), FULLTEXT KEY ft_body (body))",
        "INSERT INTO apart VALUES (1, 'Green tea', 'Water and leaves', 'All about green tea')",
    )
    incomplete = (await advice_of(opened, customer))["incomplete", "apart"]
    assert "'summary' hold(s) text and is in no FULLTEXT index" in incomplete.description
    after = await carried_out(opened, customer, incomplete)
    assert ("incomplete", "apart") not in after
    assert ("overlapping", "apart") in after


async def test_two_indexes_over_the_same_columns(opened, customer):
    await customer.run(
        "CREATE TABLE twice (id INT PRIMARY KEY, title VARCHAR(80), body TEXT,"
        " FULLTEXT KEY ft_a (title, body), FULLTEXT KEY ft_b (body, title))"
    )
    duplicate = (await advice_of(opened, customer))["duplicate", "twice"]
    assert (duplicate.index, duplicate.impact) == ("ft_b", "high")
    assert await carried_out(opened, customer, duplicate) == {}


async def test_texts_without_spaces(opened, customer):
    await customer.run(
        "CREATE TABLE tea (id INT PRIMARY KEY, title VARCHAR(80), FULLTEXT KEY ft (title)) CHARACTER SET utf8mb4",
        "INSERT INTO tea VALUES (1, '緑茶の淹れ方について'), (2, '紅茶の歴史と文化')",
    )
    cjk = (await advice_of(opened, customer))["cjkParser", "tea"]
    assert cjk.impact == "high"
    if customer.server.flavour == "mariadb":
        assert cjk.ddl == ()
        assert "no ngram parser" in cjk.description
    else:
        assert await carried_out(opened, customer, cjk) == {}


async def test_collations_that_tell_capitals_apart(opened, customer):
    await customer.run(
        """CREATE TABLE strict (id INT PRIMARY KEY,
            title VARCHAR(80) COLLATE utf8mb4_bin NOT NULL DEFAULT 'it''s, (x)' COMMENT 'a `title`, or none',
            body TEXT COLLATE utf8mb4_bin, FULLTEXT KEY ft (title, body)) CHARACTER SET utf8mb4""",
        "INSERT INTO strict (id, title, body) VALUES (1, 'Green Tea', 'Hot Water')",
    )
    collation = (await advice_of(opened, customer))["collation", "strict"]
    assert collation.columns == ("title", "body")
    assert await carried_out(opened, customer, collation) == {}
    target = await opened(customer)
    matched = "SELECT COUNT(*) FROM strict WHERE MATCH (title, body) AGAINST ('green')"
    assert (await target.fetch(matched, deadline=5.0)).scalar() == 1
    shown = (await target.fetch("SHOW CREATE TABLE strict", deadline=5.0)).first()[1]
    assert "NOT NULL DEFAULT 'it''s, (x)' COMMENT 'a `title`, or none'" in shown


async def test_an_index_that_no_search_uses(opened, customer):
    await customer.run(*SEED)
    target = await opened(customer)
    schema = await target.schema()
    assert not [one for one in (await advise(target)).advice if one.type == "unused"]
    for _ in range(ENOUGH_SEARCHES):
        source = f"`{schema.database}`.`articles`"
        await target.fetch(
            f"SELECT id FROM {source} WHERE MATCH (`title`, `content`) AGAINST (%s) LIMIT 1", ("tea",), deadline=5.0
        )
    unused = [one for one in (await advise(target)).advice if one.type == "unused"]
    assert {(one.table, one.index) for one in unused} == {("articles", "ft_title"), ("articles", "ft_content")}


async def test_names_that_need_quoting(opened, customer):
    await customer.run('CREATE TABLE `we``ird 100%s` (id INT PRIMARY KEY, `ti``tle %s` VARCHAR(80), `b"ody` TEXT)')
    await customer.run("INSERT INTO `we``ird 100%s` VALUES (1, 'green tea', 'hot water')")
    missing = (await advice_of(opened, customer))["missing", "we`ird 100%s"]
    assert missing.columns == ("ti`tle %s", 'b"ody')
    assert await carried_out(opened, customer, missing) == {}


def test_usage_reads_quoted_names_and_stays_small():
    usage = IndexUsage(datetime(2030, 1, 1, tzinfo=UTC))
    match = "MATCH (`a``b`, `c%%d`) AGAINST (%s)"
    usage.note(f"SELECT `id`, {match} AS `s` FROM `x`.`t%%` WHERE {match}")
    usage.note("SELECT 1")
    assert usage.of(Table("x", "t%", fulltext_indexes=(FulltextIndex("f", ("a`b", "c%d")),))) == {("a`b", "c%d"): 1}
    assert not usage.of(Table("x", "other"))
    for number in range(5000):
        usage.note(f"SELECT 1 FROM `x`.`many` WHERE MATCH (`c{number}`) AGAINST (%s)")
        usage.note(f"SELECT 1 FROM `x`.`t{number}` WHERE MATCH (`a`) AGAINST (%s)")
    assert len(usage.of(Table("x", "many"))) == 64
    assert sum(bool(usage.of(Table("x", f"t{number}"))) for number in range(5000)) < 4096


def test_what_a_sample_tells():
    assert look([]).values == 0
    prose = look(["two words", "and three words"])
    assert (prose.prose, prose.words, prose.cjk) == (1.0, 1.0, 0.0)
    assert look(["a1b2c3", "0f9e8d"]).prose == 0.0
    assert look(["緑茶の淹れ方"]).cjk == 1.0


def test_an_index_counts_as_used_however_many_statements_there_are():
    """Filters make new statements without end: an index that is used only by late ones must not be called unused."""
    usage = IndexUsage(datetime(2030, 1, 1, tzinfo=UTC))
    for number in range(3000):
        usage.note(f"SELECT `id` FROM `x`.`t` WHERE MATCH (`title`) AGAINST (%s) AND `c{number}` = %s")
    usage.note("SELECT `id` FROM `x`.`t` WHERE MATCH (`body`) AGAINST (%s)")
    assert usage.of(Table("x", "t")) == {("title",): 3000, ("body",): 1}
