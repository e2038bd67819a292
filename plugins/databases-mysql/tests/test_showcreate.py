from altus4_databases_mysql.showcreate import fulltext_parsers

MYSQL = """CREATE TABLE `we``ird %s` (
  `id` int NOT NULL,
  `t` text COMMENT 'it''s \\\\ FULLTEXT KEY `x` (`t`) /*!50100 WITH PARSER `ngram` */',
  `new
line` text,
  PRIMARY KEY (`id`),
  FULLTEXT KEY `plain` (`t`),
  FULLTEXT KEY `g``1` (`t`,`new
line`) KEY_BLOCK_SIZE=8 COMMENT 'c, '' FULLTEXT' /*!50100 WITH PARSER `ngram` */ ,
  FULLTEXT KEY `hidden` (`t`) COMMENT 'x' /*!50100 WITH PARSER `mecab` */  /*!80000 INVISIBLE */
) ENGINE=InnoDB COMMENT='FULLTEXT KEY `y` (`t`) WITH PARSER `z`'"""


def test_parsers_by_index_and_nothing_from_comments():
    assert fulltext_parsers(MYSQL) == {"g`1": "ngram", "hidden": "mecab"}


def test_mariadb_writes_it_without_a_comment():
    assert fulltext_parsers("CREATE TABLE `t` (\n FULLTEXT KEY `f` (`a`,`b`) WITH PARSER `simple_parser`\n)") == {
        "f": "simple_parser"
    }


def test_no_index_no_parser():
    assert fulltext_parsers("CREATE TABLE `t` (`a` int)") == {}


def test_hostile_text_takes_no_time():
    assert fulltext_parsers("FULLTEXT KEY `" + "``" * 200_000) == {}
    assert fulltext_parsers("FULLTEXT KEY `a` (" + "`b`," * 100_000) == {}
    assert fulltext_parsers("'" + "\\\\" * 200_000) == {}
