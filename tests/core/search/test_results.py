"""What is said of records whose members are of a wrong type: which member, and what it is."""

import pytest

from altus4_core.records import Category, Suggestion
from altus4_core.search.results import check_categories, check_suggestions


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
