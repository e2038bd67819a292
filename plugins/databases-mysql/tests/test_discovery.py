import pytest
from altus4_databases_mysql.inspection import inspect

pytestmark = pytest.mark.mysql

ARTICLES = """CREATE TABLE articles (
    id INT PRIMARY KEY AUTO_INCREMENT,
    title VARCHAR(255) NOT NULL,
    content TEXT NOT NULL,
    author VARCHAR(100),
    published_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FULLTEXT KEY ft_title_content (title, content),
    FULLTEXT KEY ft_title (title),
    FULLTEXT KEY ft_content (content)
)"""
PRODUCTS = """CREATE TABLE products (
    id INT PRIMARY KEY AUTO_INCREMENT,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    category VARCHAR(100),
    price DECIMAL(10,2),
    FULLTEXT KEY ft_name_description (name, description),
    FULLTEXT KEY ft_name (name)
)"""

# MySQL allows no character beyond U+FFFF in a name, so these are the emoji that can be in one.
NASTY = [
    "p%s",
    "100%",
    "we`ird",
    "with space",
    "Case",
    "case",
    "semi;colon",
    "quote'\"",
    "☃ ✨ ☂",
    "日本語",
    "-- x",
    "a" * 64,
]


def indexes(table):
    return {index.name: (index.columns, index.parser) for index in table.fulltext_indexes}


async def test_the_example_tables(customer, opened):
    await customer.run(ARTICLES, PRODUCTS, "CREATE VIEW titles AS SELECT id, title FROM articles")
    await customer.run("CREATE TABLE plain (a INT NOT NULL, b VARBINARY(10), UNIQUE KEY u (a))")
    await customer.run("INSERT INTO articles (title, content) VALUES ('a', 'b'), ('c', 'd'), ('e', 'f')")
    schema = await (await opened(customer)).schema()
    assert schema.database == customer.schema
    assert [table.name for table in schema.tables] == ["articles", "plain", "products", "titles"]
    articles = schema.table("articles")
    assert indexes(articles) == {
        "ft_title_content": (("title", "content"), None),
        "ft_title": (("title",), None),
        "ft_content": (("content",), None),
    }
    assert articles.primary_key == ("id",)
    assert articles.kind == "table"
    assert articles.engine == "InnoDB"
    assert articles.estimated_rows == 3
    title = articles.column("TITLE")
    assert (title.name, title.data_type, title.type, title.nullable, title.max_length) == (
        "title", "varchar", "varchar(255)", False, 255,
    )  # fmt: skip
    assert [column.name for column in articles.columns] == ["id", "title", "content", "author", "published_at"]
    assert [column.ordinal for column in articles.columns] == [1, 2, 3, 4, 5]
    assert articles.column("id").key == "PRI"
    assert articles.column("title").is_text
    assert not articles.column("published_at").is_text
    assert set(indexes(schema.table("products"))) == {"ft_name_description", "ft_name"}
    view = schema.table("titles")
    assert (view.kind, view.engine, view.fulltext_indexes) == ("view", None, ())
    assert [column.name for column in view.columns] == ["id", "title"]
    plain = schema.table("plain")
    assert plain.primary_key == ("a",)
    assert plain.column("b").is_binary
    assert [table.name for table in schema.searchable] == ["articles", "products"]


async def test_server_facts(customer, opened):
    server = (await (await opened(customer)).schema()).server
    assert server.flavour == customer.server.flavour
    assert server.version.startswith(customer.server.version)
    assert server.number("innodb_ft_min_token_size", 0) == 3
    assert server.number("ft_min_word_len", 0) == 4
    assert {"about", "the", "www"} <= server.stopwords
    assert len(server.stopwords) > 30
    assert "mysql" not in server.stopwords


@pytest.mark.parametrize("name", NASTY)
async def test_nasty_names_are_found_and_can_be_searched(customer, opened, name):
    from altus4_mysql import quote_identifier as quote

    quoted, short = name.replace("`", "``"), name.replace("`", "``")[:40]
    await customer.run(
        f"CREATE TABLE `{quoted}` (`{quoted}` INT PRIMARY KEY, `x {short}` TEXT,"
        f" FULLTEXT KEY `f {short}` (`x {short}`))"
    )
    target = await opened(customer)
    (table,) = (await target.schema()).tables
    assert table.name == name
    assert table.primary_key == (name,)
    (index,) = table.fulltext_indexes
    (column,) = index.columns
    statement = (
        f"SELECT {quote(table.primary_key[0])} FROM {quote(customer.schema)}.{quote(table.name)} "
        f"WHERE MATCH({quote(column)}) AGAINST(%s IN BOOLEAN MODE)"
    )
    rows = await target.fetch(statement, ("word",), deadline=2)
    assert rows.rows == []


async def test_names_that_differ_by_case_are_two_tables(customer, opened):
    await customer.run(
        "CREATE TABLE Twin (a INT PRIMARY KEY, x TEXT, FULLTEXT KEY f (x))",
        "CREATE TABLE twin (b INT PRIMARY KEY, y TEXT, z TEXT, FULLTEXT KEY g (y, z))",
    )
    schema = await (await opened(customer)).schema()
    assert schema.server.case_sensitive_tables
    assert schema.table("Twin").primary_key == ("a",)
    assert indexes(schema.table("twin")) == {"g": (("y", "z"), None)}
    assert schema.table("TWIN") is None


async def test_a_schema_with_a_nasty_name(customer, opened, row, connect):
    nasty = f"{customer.schema} `%s ✨"
    quoted = nasty.replace("`", "``")
    await customer.run(
        f"CREATE DATABASE `{quoted}`",
        f"CREATE TABLE `{quoted}`.t (id INT PRIMARY KEY, x TEXT, FULLTEXT KEY f (x))",
        f"GRANT SELECT ON `{quoted}`.* TO '{customer.username}'@'localhost'",
        f"GRANT SELECT ON `{quoted}`.* TO '{customer.username}'@'%'",
    )
    try:
        schema = await (await opened(customer, database_name=nasty)).schema()
        assert [table.name for table in schema.tables] == ["t"]
    finally:
        await customer.run(f"DROP DATABASE `{quoted}`")


async def test_ngram_is_told_from_the_built_in_parser(mysql_customer, opened):
    await mysql_customer.run(
        "CREATE TABLE cjk (id INT PRIMARY KEY, t TEXT COMMENT 'FULLTEXT KEY `g` (`t`) WITH PARSER `no`', u TEXT,"
        " FULLTEXT KEY g (t) WITH PARSER ngram, FULLTEXT KEY h (t), FULLTEXT KEY both_ (t, u) WITH PARSER ngram)"
    )
    target = await opened(mysql_customer)
    schema = await target.schema()
    found = {"g": (("t",), "ngram"), "h": (("t",), None), "both_": (("t", "u"), "ngram")}
    assert indexes(schema.table("cjk")) == found
    await mysql_customer.run("ALTER TABLE cjk DROP INDEX h", "CREATE FULLTEXT INDEX h ON cjk (t) WITH PARSER ngram")
    assert indexes((await target.refresh_schema()).table("cjk"))["h"] == (("t",), "ngram")


async def test_an_index_the_optimizer_may_not_see_is_left_out(customer, opened):
    hide = "INVISIBLE" if customer.server.flavour == "mysql" else "IGNORED"
    await customer.run(
        "CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b TEXT, FULLTEXT KEY seen (a), FULLTEXT KEY hidden (b))",
        f"ALTER TABLE t ALTER INDEX hidden {hide}",
    )
    schema = await (await opened(customer)).schema()
    assert set(indexes(schema.table("t"))) == {"seen"}


async def test_generated_columns_and_expressions(customer, opened):
    functional = ", UNIQUE KEY e ((UPPER(a)))" if customer.server.flavour == "mysql" else ""
    await customer.run(
        "CREATE TABLE t (a VARCHAR(20) NOT NULL, b VARCHAR(20) AS (UPPER(a)) STORED,"
        f" c VARCHAR(20) AS (LOWER(a)) VIRTUAL, d DATETIME DEFAULT CURRENT_TIMESTAMP,"
        f" UNIQUE KEY prefix (a(5)){functional}, FULLTEXT KEY f (a, b))"
    )
    table = (await (await opened(customer)).schema()).table("t")
    assert [column.name for column in table.columns if column.generated] == ["b", "c"]
    assert table.primary_key == ()
    assert indexes(table) == {"f": (("a", "b"), None)}


async def test_a_primary_key_of_prefixes_is_none(customer, opened):
    await customer.run(
        "CREATE TABLE t (a VARCHAR(20), b INT, c TEXT, PRIMARY KEY (a(5), b), FULLTEXT KEY f (c))",
        "CREATE TABLE u (a VARCHAR(20), b INT NOT NULL, PRIMARY KEY (a(5)), UNIQUE KEY whole (b))",
    )
    target = await opened(customer)
    schema = await target.schema()
    t, u = schema.table("t"), schema.table("u")
    assert (t.primary_key, t.prefixed_key) == ((), ("a",))
    assert u.primary_key == ("b",)
    told = {notice.code: notice.details for notice in (await inspect(target)).warnings}
    assert told["PRIMARY_KEY_PREFIXED"] == {"tables": ["t"]}
    assert "NO_PRIMARY_KEY" not in told


async def test_nothing_of_other_schemas(customer, opened):
    other = f"{customer.schema}_other"
    await customer.run(f"CREATE DATABASE `{other}`", f"CREATE TABLE `{other}`.secret (id INT PRIMARY KEY)")
    try:
        await customer.run("CREATE TABLE mine (id INT PRIMARY KEY)")
        schema = await (await opened(customer)).schema()
        assert [table.name for table in schema.tables] == ["mine"]
    finally:
        await customer.run(f"DROP DATABASE `{other}`")


async def test_an_empty_schema(customer, opened):
    schema = await (await opened(customer)).schema()
    assert schema.tables == ()
    assert schema.searchable == ()


async def test_a_stop_word_table_of_the_customers_own(private_server, private_customer, opened):
    """A server variable names it, so the server is the test's own."""
    async with private_customer(private_server("mysql")) as customer:
        await customer.run(
            "CREATE TABLE stops (value VARCHAR(30)) ENGINE = InnoDB",
            "INSERT INTO stops VALUES ('Foo'), ('bar')",
            f"SET GLOBAL innodb_ft_server_stopword_table = '{customer.schema}/stops'",
        )
        assert (await (await opened(customer)).schema()).server.stopwords == {"foo", "bar"}
        await customer.run(
            f"CREATE DATABASE `{customer.schema}_x`",
            f"CREATE TABLE `{customer.schema}_x`.stops (value VARCHAR(30)) ENGINE = InnoDB",
            f"SET GLOBAL innodb_ft_server_stopword_table = '{customer.schema}_x/stops'",
        )
        assert (await (await opened(customer)).schema()).server.stopwords == frozenset()
        await customer.run("SET GLOBAL innodb_ft_enable_stopword = OFF")
        assert (await (await opened(customer)).schema()).server.stopwords == frozenset()


async def test_the_description_is_what_the_api_shows(customer, opened):
    await customer.run(ARTICLES, "CREATE VIEW titles AS SELECT id, title FROM articles")
    described = await (await opened(customer)).describe()
    assert described["database"] == customer.schema
    articles, titles = described["tables"]
    assert articles["name"] == articles["table"] == "articles"
    assert articles["fulltextIndexes"] == articles["fullTextIndexes"]
    assert {"name": "ft_title", "columns": ["title"], "type": "FULLTEXT"} in articles["fulltextIndexes"]
    by_name = {column["name"]: column for column in articles["columns"]}
    assert by_name["title"] == {
        "name": "title", "type": "varchar(255)", "nullable": False, "key": "MUL",
        "isFullTextIndexed": True, "isSearchable": True,
    }  # fmt: skip
    assert not by_name["author"]["isFullTextIndexed"]
    assert by_name["author"]["isSearchable"]
    assert not by_name["id"]["isSearchable"]
    assert articles["primaryKey"] == ["id"]
    assert articles["lastAnalyzed"].endswith("Z")
    assert titles["kind"] == "view"
    assert not any(column["isSearchable"] for column in titles["columns"])


async def test_a_broken_view_does_not_hide_the_rest(customer, opened):
    await customer.run(
        ARTICLES, "CREATE TABLE gone (id INT)", "CREATE VIEW broken AS SELECT id FROM gone", "DROP TABLE gone"
    )
    schema = await (await opened(customer)).schema()
    assert "articles" in [table.name for table in schema.searchable]
