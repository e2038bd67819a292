"""What is said of records whose members are of a wrong type: which member, and what it is."""

import pytest

from altus4_core.records import Category, Hit, Suggestion, TableHits
from altus4_core.search.results import LARGEST_PIN, check_categories, check_hits, check_suggestions


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ((3, 6, 1.0, "by-table"), "name is a int, not a str"),
        (("classes", "6", 1.0, "by-table"), "count is a str, not a whole number"),
        (("classes", 6, None, "by-table"), "confidence is a NoneType, not a finite number"),
        (("classes", 6, float("nan"), "by-table"), "confidence is a float, not a finite number"),
    ],
)
def test_wrong_member_of_a_category(members, expected):
    assert check_categories([Category(*members)]) == f"returned a Category whose {expected}"
    assert check_categories([Category("classes", 6, 1.0, "by-table")]) is None


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"text": b"tea", "score": 1.0, "type": "popular"}, "text is a bytes, not a str"),
        ({"text": "tea", "score": "1", "type": "popular"}, "score is a str, not a finite number"),
        ({"text": "tea", "score": 1.0, "type": None}, "type is a NoneType, not a str"),
    ],
)
def test_wrong_member_of_a_suggestion(members, expected):
    assert check_suggestions([Suggestion(**members)]) == f"returned a Suggestion whose {expected}"


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        (None, None),
        (0, None),
        ({"n": [1, 2.5, "tea"]}, None),
        ((1, ("a", 2)), None),
        (object(), "returned a pin of 't' that is not JSON-ready"),
        ({"at": {1, 2}}, "returned a pin of 't' that is not JSON-ready"),
        ({1: 2}, "returned a pin of 't' that is not JSON-ready"),
        ("x" * (LARGEST_PIN - 2), None),
        ("x" * (LARGEST_PIN - 1), f"returned a pin of 't' of more than {LARGEST_PIN} bytes"),
    ],
)
def test_what_further_pages_are_ranked_by_can_be_written_into_a_cursor(pin, expected):
    assert check_hits([TableHits("t", "i", [], pin=pin)]) == expected


@pytest.mark.parametrize("score", [1.0, 1])
def test_a_key_can_be_hashed(score):
    hits = [Hit((1, "a,b"), score, {}), Hit((2, ["a", "b"]), score, {})]
    expected = "returned a Hit of 't' whose key has a part that cannot be hashed"
    assert check_hits([TableHits("t", "i", hits)]) == expected
    assert check_hits([TableHits("t", "i", hits[:1])]) is None
