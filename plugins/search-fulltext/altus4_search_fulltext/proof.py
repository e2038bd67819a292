"""Proving a score: the server's number for a row, and the same number from term frequencies.

InnoDB's score of a row is the sum over the query's words of tf * idf^2 with idf = log10(N / df), and log10(1.0001)
where every row has the word (MySQL's and MariaDB's `fts0que.cc`; reproduced on both). df is what a MATCH of the word
alone counts, tf that MATCH's score divided by idf^2. N is the server's own count of rows, which no read-only account
may ask for and which lags behind; but it is the one number with which every tf is whole. Beside other words the
server's df also counts rows that were deleted and not yet purged from the index (measured), so that where the parts
do not add up each word is asked for again, beside one that no row has.
"""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from altus4_mysql import MySQLTarget, quote_identifier

from altus4_core.explanations import SourceExplanation, TermScore
from altus4_search_fulltext.keys import key_condition, key_of
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.statements import Mode, count_statement, match_expression, table_name
from altus4_search_fulltext.tablesearch import TableSearch
from altus4_search_fulltext.tokens import Fate

_EVERYWHERE = math.log10(1.0001)  # idf of a word that every row has
_DIFFERENCE = 1e-5  # share by which two equal scores may differ: they are floats of 24 bits
_MOST_TF = 64  # tried for the row with the smallest score
_NOWHERE = "qzxjkvwqhxzj"  # a word that no row has


async def prove(
    target: MySQLTarget,
    plan: TablePlan,
    mode: Mode,
    query: IndexQuery,
    keys: Sequence[tuple[Any, ...]],
    ends: float,
) -> Mapping[tuple[Any, ...], SourceExplanation]:
    """Explain the server's scores of some rows of one table.

    Args:
        target: The open database.
        plan: The table and its index; without a primary key nothing can be explained.
        mode: Of MATCH.
        query: As it was prepared for the index.
        keys: Of the rows, as `Hit.key` has them.
        ends: `time.monotonic()` of the deadline.

    Returns:
        By key the index, the server's own score, its parts, and whether they add up (`agrees`). The rank is None: the
        caller knows the list. Rows that are gone are missing.

    Raises:
        TargetFailed, MySQLError: as the target does.
    """
    keys = [key for key in keys if len(key) == len(plan.key)]
    if not keys or not plan.key or not query.text:
        return {}
    questions = _Questions(target, plan, mode, keys, ends)
    terms = [term for term in query.terms if term.endswith("*") or plan.rules.judge(term) is Fate.FOUND]
    dropped = [word for notice in query.notices for word in notice.details.get("tokens", ())]
    scored = await questions.scores([query.text, *terms])
    frequencies = [await questions.frequency(term) for term in terms]
    rows = None
    if plan.sorted_by_index:
        rows = rows_counted([scores[1:] for scores in scored.values()], frequencies, await questions.rows())
    proofs = {
        key: _Proof(raw, tuple(_term(*part, rows) for part in zip(terms, parts, frequencies, strict=True)))
        for key, (raw, *parts) in scored.items()
    }
    if rows is not None and not all(proof.agrees for proof in proofs.values()):
        beside = await questions.scores([f"{term} {_NOWHERE}" for term in terms])
        proofs = {key: _corrected(proof, beside.get(key, ()), rows) for key, proof in proofs.items()}
    return {
        key: SourceExplanation(plan.index.name, None, proof.raw, proof.terms, dropped, proof.agrees)
        for key, proof in proofs.items()
    }


async def prove_all(
    target: MySQLTarget, search: TableSearch, query: IndexQuery, keys: Sequence[tuple[Any, ...]], ends: float
) -> Mapping[tuple[Any, ...], SourceExplanation]:
    """Explain scores of rows of a table that may be searched by several indexes; a row has its highest score.

    Args and what it raises: as `prove`.
    """
    proofs = [await prove(target, part.plan, part.mode, query, keys, ends) for part in search.parts]
    if len(proofs) == 1:
        return proofs[0]
    found: dict[tuple[Any, ...], SourceExplanation] = {}
    for key in proofs[0]:
        each = [proof[key] for proof in proofs if key in proof]
        best = max(each, key=lambda one: one.raw_score)
        agrees = all(one.agrees for one in each)
        found[key] = attrs.evolve(best, agrees=agrees, beside=[one for one in each if one is not best])
    return found


@attrs.frozen
class _Proof:
    raw: float
    terms: tuple[TermScore, ...]

    @property
    def agrees(self) -> bool:
        total = sum(term.score for term in self.terms)
        known = all(term.tf is not None for term in self.terms)
        return known and abs(total - self.raw) <= _DIFFERENCE * max(self.raw, total)


class _Questions:
    """What is asked of the server about some rows of one table."""

    def __init__(
        self, target: MySQLTarget, plan: TablePlan, mode: Mode, keys: Sequence[tuple[Any, ...]], ends: float
    ) -> None:
        self._target = target
        self._plan = plan
        self._ends = ends
        self._match = match_expression(plan, mode)
        self._count = count_statement(plan, mode)
        self._where, self._values = key_condition(plan, keys)
        self._names = [quote_identifier(column.name) for column in plan.key]

    async def scores(self, texts: Sequence[str]) -> dict[tuple[Any, ...], list[float]]:
        """Give each row's scores for these texts."""
        listed = ", ".join([*self._names, *[self._match] * len(texts)])
        sql = f"SELECT {listed} FROM {table_name(self._plan)} WHERE {self._where}"
        width = len(self._names)
        return {
            key_of(self._plan, row[:width]): [float(score) for score in row[width:]]
            for row in await self._fetch(sql, (*texts, *self._values))
        }

    async def frequency(self, term: str) -> int:
        """Count the rows that have a term."""
        return int((await self._fetch(self._count, (term,)))[0][0])

    async def rows(self) -> int:
        """Give the engine's own count, which is what scores are computed with, or near it."""
        form = "" if self._plan.mariadb else "FORMAT=TRADITIONAL "
        sql = f"EXPLAIN {form}SELECT * FROM {table_name(self._plan)}"
        found = await self._target.fetch(sql, deadline=self._left)
        return int(found.rows[0][[column.name for column in found.columns].index("rows")] or 0)

    async def _fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Any]:
        return (await self._target.fetch(sql, params, deadline=self._left, slow=True)).rows

    @property
    def _left(self) -> float:
        return max(self._ends - time.monotonic(), 0.001)


def rows_counted(parts: Sequence[Sequence[float]], frequencies: Sequence[int], estimate: int) -> int | None:
    """Find the number of rows that the server counts with.

    Args:
        parts: For each row the scores of the terms.
        frequencies: df of the terms.
        estimate: About how many rows there are; decides where several numbers fit.

    Returns:
        the number, None when the scores fit to none.
    """
    seen = sorted({(score, df) for row in parts for score, df in zip(row, frequencies, strict=True) if score and df})
    telling = [(score, df) for score, df in seen if score > _EVERYWHERE]
    most = max(frequencies, default=0)
    if not telling:
        return most or None
    smallest, df = telling[0]
    best: tuple[float, int] | None = None
    for tf in range(1, _MOST_TF + 1):
        rows = round(df * 10 ** math.sqrt(smallest / tf))
        if rows < most:
            break
        if all(frequency_in_row(score, rows, each) is not None for score, each in seen):
            candidate = (abs(math.log(rows / max(estimate, 1))), rows)
            best = candidate if best is None else min(best, candidate)
    return best[1] if best is not None else None


def frequency_in_row(score: float, rows: int, frequency: int) -> int | None:
    """Give the tf with which a term's score is what it is; None when no whole number fits."""
    unit = idf(rows, frequency) ** 2
    tf = round(score / unit)
    return tf if abs(tf * unit - score) <= _DIFFERENCE * score else None


def idf(rows: int, frequency: int) -> float:
    """Give the server's inverse document frequency of a word; below 0 where deleted rows make df larger than N."""
    return _EVERYWHERE if frequency == rows else math.log10(rows / frequency)


def _term(term: str, score: float, df: int, rows: int | None) -> TermScore:
    """Compute a term's part anew from tf, df and n alone, if they are known."""
    if not df:
        return TermScore(term, 0.0, 0, 0, rows)
    tf = frequency_in_row(score, rows, df) if rows is not None else None
    if tf is None or rows is None:
        return TermScore(term, score, None, df, rows)
    return TermScore(term, tf * idf(rows, df) ** 2, tf, df, rows)


def _corrected(proof: _Proof, beside: Sequence[float], rows: int) -> _Proof:
    """Take the df with which a term's score beside another word is what it is."""
    terms = []
    for term, score in zip(proof.terms, beside, strict=False):
        if term.tf and score:
            ratio = 10 ** math.sqrt(score / term.tf)
            df = round(rows / ratio)
            if df < term.df:  # the square hides the sign
                df = round(rows * ratio)
            terms.append(attrs.evolve(term, df=df, score=term.tf * idf(rows, df) ** 2))
        else:
            terms.append(term)
    return attrs.evolve(proof, terms=tuple(terms))
