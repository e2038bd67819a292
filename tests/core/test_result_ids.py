"""The id of a result belongs to one row alone, whatever names and keys hold."""

from hypothesis import given
from hypothesis import strategies as st

from altus4_core.records import FusedHit, Hit
from altus4_core.resultids import key_parts, split_id

TEXT = st.text("ab:,%3A2C5", max_size=4)


def id_of(table, key):
    return FusedHit("d", table, Hit(tuple(key), 1.0, {}), 1.0, 1).id


def test_plain_names_and_keys_are_written_as_they_are():
    assert id_of("articles", [17]) == "d:articles:17"
    assert id_of("orders", [2024, "a-1"]) == "d:orders:2024,a-1"


def test_separators_inside_parts_do_not_make_two_rows_one():
    assert id_of("ck", ["a,b", "c"]) != id_of("ck", ["a", "b,c"])
    assert id_of("cs", ["a:q"]) != id_of("cs:a", ["q"])


# A table's key has the same number of parts in every row.
@given(st.integers(1, 3).flatmap(lambda width: st.tuples(*[st.tuples(TEXT, *[TEXT] * width)] * 2)))
def test_different_rows_have_different_ids(rows):
    (table, *key), (other_table, *other_key) = rows
    same = (table, key) == (other_table, other_key)
    assert (id_of(table, key) == id_of(other_table, other_key)) is same


@given(TEXT.filter(bool), st.lists(TEXT, min_size=1, max_size=3))
def test_an_id_can_be_read_again(table, key):
    database, read, rest = split_id(id_of(table, key))
    assert (database, read, list(key_parts(rest, len(key)))) == ("d", table, key)


def test_what_is_no_id():
    assert [split_id(text) for text in ("", "d", "d:t", ":t:1", "d::1")] == [None] * 5
