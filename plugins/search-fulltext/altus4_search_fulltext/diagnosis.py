"""Why one row is not found: the query's words, looked up in that row alone.

A row is asked for by its primary key with a MATCH for the whole query, one for what is left without its exclusions,
and one for each word; the server answers from the index, so what it says is what a search would see.
"""

import time
from collections.abc import Sequence
from typing import Any

import attrs
from altus4_mysql import MySQLTarget, quote_identifier

from altus4_core.explanations import Diagnosis
from altus4_search_fulltext import notices
from altus4_search_fulltext.keys import key_condition, key_of
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.query import IndexQuery, Reading
from altus4_search_fulltext.statements import Mode, match_expression, table_name

_MOST_WORDS = 40


@attrs.frozen
class Missed:
    """A row that somebody misses, and the query in the forms needed to say why.

    Attributes:
        plan: Its table.
        mode: Of MATCH.
        key: Values of the primary key, as texts.
        reading: The query.
        ends: `time.monotonic()` of the deadline.
    """

    plan: TablePlan
    mode: Mode
    key: Sequence[str]
    reading: Reading
    ends: float

    async def diagnose(self, target: MySQLTarget) -> Diagnosis:
        """Ask the server about the row.

        Raises:
            TargetFailed, MySQLError: as the target does.
        """
        plan = self.plan
        if not plan.key:
            notice = notices.no_primary_key(plan.table.name)
            return Diagnosis("NO_PRIMARY_KEY", f"{notice.message} One row cannot be looked up.")
        if len(self.key) != len(plan.key):
            return self._gone()
        query = self.reading.for_index(plan.rules)
        positive = self.reading.without_exclusions().for_index(plan.rules)
        excluded = [each for each in self.reading.exclusions(plan.rules) if each][:_MOST_WORDS]
        terms = query.terms[:_MOST_WORDS]
        asked = [text for text in (query.text, positive.text) if text]
        scores = await self._scores(target, [*asked, *terms, *excluded])
        if scores is None:
            return self._gone()
        if not query.text:
            return _nothing_searchable(query)
        whole, rest = scores[0] > 0, scores[len(asked) :]
        found = [term for term, score in zip(terms, rest, strict=False) if score > 0]
        barred = [word for word, score in zip(excluded, rest[len(terms) :], strict=True) if score > 0]
        told = {"index": plan.index.name, "columns": list(plan.index.columns), "dropped": _dropped(query)}
        if whole:
            return Diagnosis("MATCHES", "The row matches the query.", {**told, "words": found})
        if barred and len(asked) > 1 and scores[1] > 0:
            message = f"The query excludes the row, which has {_listed(barred)}."
            return Diagnosis("EXCLUDED", message, {**told, "words": barred})
        absent = [term for term in terms if term not in found]
        if found:
            message = f"The row has {_listed(found)}, but not all that is required: {_listed(absent or terms)}."
        else:
            message = f"None of the words is in the indexed columns of the row: {_listed(absent)}."
        return Diagnosis("WORDS_NOT_IN_ROW", message, {**told, "words": found, "missing": absent})

    async def _scores(self, target: MySQLTarget, texts: Sequence[str]) -> list[float] | None:
        """Give the row's scores for these texts; None: there is no such row."""
        # By whatever index: each of the scores is 0 or more.
        matches = [match_expression(plan, self.mode) for plan in self.plan.single]
        match = f"({' + '.join(matches)})"
        texts = [text for text in texts for _ in matches]
        where, values = key_condition(self.plan, [tuple(self.key)])
        names = [quote_identifier(column.name) for column in self.plan.key]
        listed = ", ".join([*names, *[match] * (len(texts) // len(matches))])
        sql = f"SELECT {listed} FROM {table_name(self.plan)} WHERE {where}"
        deadline = max(self.ends - time.monotonic(), 0.001)
        rows: Sequence[Any] = (await target.fetch(sql, [*texts, *values], deadline=deadline, slow=True)).rows
        width = len(names)
        for row in rows:
            # The server takes "7 apples" for 7; what is written otherwise is another id.
            if [str(part) for part in key_of(self.plan, row[:width])] == list(self.key):
                return [float(score or 0.0) for score in row[width:]]
        return None

    def _gone(self) -> Diagnosis:
        message = f"Table '{self.plan.table.name}' has no row with this key."
        return Diagnosis("ROW_NOT_FOUND", message)


def _nothing_searchable(query: IndexQuery) -> Diagnosis:
    message = "No word of the query can be in the index: " + " ".join(notice.message for notice in query.notices)
    return Diagnosis("NOTHING_SEARCHABLE", message, {"dropped": _dropped(query)})


def _dropped(query: IndexQuery) -> list[str]:
    return [word for notice in query.notices for word in notice.details.get("tokens", ())]


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(f"'{word[:60]}'" for word in words[:8])
    return f"{shown} and {len(words) - 8} more" if len(words) > 8 else shown
