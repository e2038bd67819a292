"""Whether a statement may be repeated."""

import pytest

from altus4_core.migrate.sqlkind import Kind, kind_of, shown


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("INSERT INTO t VALUES (1)", Kind.DATA),
        ("update t set a = 1", Kind.DATA),
        ("WITH x AS (SELECT 1) DELETE FROM t", Kind.DATA),
        ("(((REPLACE INTO t VALUES (1))))", Kind.DATA),
        ("CREATE TABLE t (id INT)", Kind.AGAIN),
        ("/*!50003 CREATE TRIGGER x */", Kind.AGAIN),
        ("/*M!100100 DROP TABLE t */", Kind.AGAIN),
        ("ALTER TABLE t ADD COLUMN a INT, ADD INDEX idx_a (a)", Kind.AGAIN),
        ("ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES u(id)", Kind.AGAIN),
        ("ALTER TABLE t ADD (a INT, b INT)", Kind.AGAIN),
        ("ALTER TABLE t ADD INDEX (a)", Kind.ONCE),
        ("ALTER TABLE t\n ADD UNIQUE (a)", Kind.ONCE),
        ("ALTER TABLE t ADD FULLTEXT KEY (a)", Kind.ONCE),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u(id)", Kind.ONCE),
        ("ALTER TABLE t ADD CHECK (a > 0)", Kind.ONCE),
        ("CREATE TEMPORARY TABLE t (id INT)", Kind.ONCE),
        ("CALL fill()", Kind.ONCE),
        ("EXECUTE s", Kind.ONCE),
        ("", Kind.ONCE),
        ("SET @a = 1", Kind.SESSION),
        ("SET foreign_key_checks = 0", Kind.SESSION),
        ("/*!40101 SET NAMES utf8mb4 */", Kind.SESSION),
        ("USE other", Kind.SESSION),
        ("PREPARE s FROM @sql", Kind.SESSION),
        ("SET GLOBAL max_connections = 10", Kind.AGAIN),
        ("SET @@global.max_connections = 10", Kind.AGAIN),
        ("SET PERSIST max_connections = 10", Kind.AGAIN),
        ("START TRANSACTION", Kind.AGAIN),
        ("COMMIT", Kind.AGAIN),
        ("SELECT 1", Kind.AGAIN),
    ],
)
def test_kind(sql, kind):
    assert kind_of(sql) is kind


def test_shown_is_one_line():
    assert shown("SELECT\n  1,\t2") == "SELECT 1, 2"
    assert shown("x" * 400) == "x" * 297 + "..."
