"""Why one row is not found: the query's words, looked up in that row alone.

A row is asked for by its primary key with a MATCH for the whole query, one for what is left without its exclusions,
one for each word, and each of the filters; the server answers from the index, so what it says is what a search would
see.
"""

import time
from collections.abc import Sequence
from typing import Any

import attrs
from altus4_mysql import MySQLError, MySQLTarget, Scalar, quote_identifier

from altus4_core.errors import TargetFailed
from altus4_core.explanations import Diagnosis
from altus4_search_fulltext import notices
from altus4_search_fulltext.conditions import Condition
from altus4_search_fulltext.failures import is_refused_value
from altus4_search_fulltext.keys import key_condition, key_of
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.query import IndexQuery, Reading, phrase_of, terms_of
from altus4_search_fulltext.statements import Mode, match_expression, table_name

_MOST_WORDS = 40


@attrs.frozen
class Found:
    """What the server says about a row: its scores for the texts asked, and which of the conditions hold."""

    scores: Sequence[float]
    holds: Sequence[bool]


@attrs.frozen
class Missed:
    """A row that somebody misses, and the query in the forms needed to say why.

    Attributes:
        plan: Its table.
        mode: Of MATCH.
        key: Values of the primary key, as texts.
        reading: The query.
        ends: `time.monotonic()` of the deadline.
        filters: What else must hold, each with its place in the request.
        drawn: The query as candidates are drawn in boolean mode, where that finds other forms of its words, too.
    """

    plan: TablePlan
    mode: Mode
    key: Sequence[str]
    reading: Reading
    ends: float
    filters: Sequence[tuple[str, Condition]] = ()
    drawn: IndexQuery | None = None

    async def diagnose(self, target: MySQLTarget) -> Diagnosis:
        """Ask the server about the row.

        Raises:
            TargetFailed, MySQLError: as the target does.
        """
        plan = self.plan
        if not plan.key:
            notice = notices.no_primary_key(plan.table.name, plan.table.prefixed_key)
            return Diagnosis("NO_PRIMARY_KEY", f"{notice.message} One row cannot be looked up.")
        if len(self.key) != len(plan.key):
            return self._gone()
        query = self.reading.for_index(plan.rules)
        positive = self.reading.without_exclusions().for_index(plan.rules)
        excluded = [each for each in self.reading.exclusions(plan.rules) if each][:_MOST_WORDS]
        terms = query.terms[:_MOST_WORDS]
        asked: list[tuple[Mode, str]] = [(self.mode, text) for text in (query.text, positive.text) if text]
        phrases = [needle for needle in query.needles if len(needle.words) > 1][:_MOST_WORDS]
        words: list[tuple[Mode, str]] = [(self.mode, text) for text in (*terms, *excluded, *map(phrase_of, phrases))]
        drawn: list[tuple[Mode, str]] = [("boolean", self.drawn.text)] if self.drawn is not None else []
        found = await self._look(target, [*asked, *words, *drawn])
        if found is None:
            return self._gone()
        if not query.text:
            return _nothing_searchable(query)
        score, rest = found.scores[0], found.scores[len(asked) :]
        there = [term for term, score in zip(terms, rest, strict=False) if score > 0]
        barred = [word for word, score in zip(excluded, rest[len(terms) :], strict=False) if score > 0]
        told = {"index": plan.index.name, "columns": list(plan.index.columns), "dropped": _dropped(query)}
        if score > 0 or (drawn and rest[-1] > 0):
            return self._matching(found, score, {**told, "words": there})
        if barred and len(asked) > 1 and found.scores[1] > 0:
            message = f"The query excludes the row, which has {_listed(barred)}."
            return Diagnosis("EXCLUDED", message, {**told, "words": barred})
        absent = [term for term in terms if term not in there]
        for needle, score in zip(phrases, rest[len(terms) + len(excluded) :], strict=False):
            if score <= 0 and not set(absent).intersection(terms_of(needle)):
                absent.append(phrase_of(needle))  # its words stand apart
        if there:
            message = f"The row has {_listed(there)}, but not all that is required: {_listed(absent or terms)}."
        else:
            message = f"None of the words is in the indexed columns of the row: {_listed(absent)}."
        if told["dropped"]:
            message += f" The index cannot find {_listed(_dropped(query))}."
        return Diagnosis("WORDS_NOT_IN_ROW", message, {**told, "words": there, "missing": absent})

    def _matching(self, found: Found, score: float, told: dict[str, Any]) -> Diagnosis:
        """Say what else may leave out a row that the query finds."""
        failing = [place for (place, _), holds in zip(self.filters, found.holds, strict=True) if not holds]
        if failing:
            message = f"The row matches the query, but not the filters: {_listed(failing)}."
            return Diagnosis("FILTERED_OUT", message, {**told, "filters": failing})
        least = self.plan.least
        if least is not None and score < least:
            shown = score / (1 + score)
            message = f"The row matches, but its score {shown:.6f} is below minScore {least / (1 + least):g}."
            return Diagnosis("BELOW_MIN_SCORE", message, {**told, "relevanceScore": round(shown, 6)})
        return Diagnosis("MATCHES", "The row matches the query.", told)

    async def _look(self, target: MySQLTarget, texts: Sequence[tuple[Mode, str]]) -> Found | None:
        """Look at the row; None: there is none."""
        names = [quote_identifier(column.name) for column in self.plan.key]
        conditions = [condition for _, condition in self.filters]
        listed = [*names, *[self._match(mode) for mode, _ in texts], *[condition.sql for condition in conditions]]
        plans = self.plan.single
        params: list[Scalar] = [text for _, text in texts for _ in plans]
        params += [value for condition in conditions for value in condition.params]
        where, values = key_condition(self.plan, [tuple(self.key)])
        sql = f"SELECT {', '.join(listed)} FROM {table_name(self.plan)} WHERE {where}"
        deadline = max(self.ends - time.monotonic(), 0.001)
        try:
            rows: Sequence[Any] = (await target.fetch(sql, [*params, *values], deadline=deadline, slow=True)).rows
        except (MySQLError, TargetFailed) as error:
            if is_refused_value(error):  # of an id that somebody made up
                return None
            raise
        width, after = len(names), len(names) + len(texts)
        for row in rows:
            # The server takes "7 apples" for 7; what is written otherwise is another id.
            if [str(part) for part in key_of(self.plan, row[:width])] == list(self.key):
                return Found([float(score or 0.0) for score in row[width:after]], [bool(one) for one in row[after:]])
        return None

    def _match(self, mode: Mode) -> str:
        """Give the row's score, by whichever index it is highest."""
        matches = [match_expression(plan, mode) for plan in self.plan.single]
        return matches[0] if len(matches) == 1 else f"GREATEST({', '.join(matches)})"

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
