"""Foldings against the servers: what a word finds under a collation is what would be marked."""

import pytest
from altus4_mysql import Pool
from altus4_sandbox import Flavour
from altus4_sandbox.address import ServerAddress
from altus4_search_fulltext.matching import Matcher
from altus4_search_fulltext.natural import natural_query
from altus4_search_fulltext.tokens import rules_of

from .support import natural, opened, request

pytestmark = pytest.mark.mysql

WORDS = (
    *("cafe", "café", "CAFÉ", "cafe\u0301", "strasse", "straße", "strase", "STRASSE", "æther", "aether", "ether"),
    *("øre", "ore", "niño", "nino", "åland", "aland", "müller", "muller", "mueller", "ﬁnish", "finish", "x²yz", "x2yz"),
    *("łódź", "lodz", "дом", "ДОМ", "ёлка", "елка", "λόγος", "λογος", "İstanbul", "istanbul", "ｗｉｄｅ", "wide"),
    *("شَمس", "شمس", "שָׁלוֹם", "שלום", "đakovo", "dakovo", "한국어"),
)
BOTH = ("general_ci", "unicode_ci", "unicode_520_ci", "bin", "swedish_ci", "spanish_ci", "danish_ci", "german2_ci")
NEWER = {
    Flavour.MYSQL: ("0900_ai_ci", "0900_as_ci", "sv_0900_ai_ci", "tr_0900_ai_ci", "de_pb_0900_ai_ci"),
    Flavour.MARIADB: ("uca1400_ai_ci", "uca1400_as_ci", "uca1400_swedish_ai_ci"),
}


async def test_what_a_word_finds_is_what_is_marked(any_server: ServerAddress) -> None:
    names = (*BOTH, *NEWER[any_server.flavour])
    rows = ", ".join(["(%s, %s)"] * len(WORDS))
    values = [value for row in enumerate(WORDS) for value in row]

    async def fill(pool: Pool) -> None:
        for name in names:
            await pool.fetch(
                f"CREATE TABLE {name} (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY ft (body)) ENGINE=InnoDB"
                f" DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_{name}"
            )
            await pool.fetch(f"INSERT INTO {name} VALUES {rows}", values)

    async with opened(any_server, fill) as target:
        schema = await target.schema()
        for word in WORDS:
            for hits in await natural().search(request(word, limit=100, totals="none"), target):
                table = schema.table(hits.table)
                assert table is not None
                rules = rules_of(schema.server, table, table.fulltext_indexes[0])
                matcher = Matcher(natural_query(word, rules, 32).needles, rules)
                marked = {each for each in WORDS if matcher.spans(f"- {each} -")}
                assert marked == {WORDS[hit.key[0]] for hit in hits.hits}, (hits.table, word)
