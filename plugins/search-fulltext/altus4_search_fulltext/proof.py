"""Proving a score: the server's number for a row, and the same number from term frequencies.

InnoDB's score of a row is the sum over the query's words of tf * idf^2 with idf = log10(N / df), and log10(1.0001)
where every row has the word (MySQL's and MariaDB's `fts0que.cc`; reproduced on both). df is what a MATCH of the word
alone counts, tf that MATCH's score divided by idf^2. N is the server's own count of rows, which no read-only account
may ask for and which lags behind; but it is the one number with which every tf is whole. Beside other words the
server's df also counts rows that were deleted and not yet purged from the index (measured), so that where the parts
do not add up each word is asked for again, beside one that no row has. All of this was measured on both
servers: the words of a phrase count only where the phrase stands; a word that a query has twice counts with twice its
df; a prefix counts with the sum of its words' df; `>` adds 1, `<` and `~` take 1 away.
"""

import math
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from altus4_mysql import MySQLTarget, quote_identifier

from altus4_core.explanations import SourceExplanation, TermScore
from altus4_search_fulltext.conditions import EVERY_ROW
from altus4_search_fulltext.keys import key_condition, key_of
from altus4_search_fulltext.meaning import counting
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.query import IndexQuery, phrase_of, terms_of
from altus4_search_fulltext.statements import Mode, count_statement, match_expression, table_name
from altus4_search_fulltext.tablesearch import TableSearch
from altus4_search_fulltext.tokens import Fate, TokenRules

_EVERYWHERE = math.log10(1.0001)  # idf of a word that every row has
_DIFFERENCE = 1e-5  # share by which two equal scores may differ: they are floats of 24 bits
_MOST_TF = 64  # tried for the row with the smallest score
_SIGNS = re.compile("[<>~]")
_LOWERING = re.compile(r"~(\w+)")
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
        By key the index, the server's own score, its parts, and whether they add up (`agrees`; None of an engine other
        than InnoDB, whose formula is not reproduced). The rank is None: the caller knows the list. Rows that are gone
        are missing.

    Raises:
        TargetFailed, MySQLError: as the target does.
    """
    keys = [key for key in keys if len(key) == len(plan.key)]
    if not keys or not plan.key or not query.text:
        return {}
    plan = attrs.evolve(plan, condition=EVERY_ROW, least=None)  # what the index says depends on no other condition
    questions = _Questions(target, plan, mode, keys, ends)
    lowering = [plan.rules.folding.fold(word) for word in _LOWERING.findall(query.text)]  # these are no needles
    wanted = dict.fromkeys([*query.terms, *lowering])
    terms = [term for term in wanted if term.endswith("*") or plan.rules.judge(term) is Fate.FOUND]
    dropped = [word for notice in query.notices for word in notice.details.get("tokens", ())]
    phrases = [needle for needle in query.needles if len(needle.words) > 1]
    scored = await questions.scores([query.text, *terms, *map(phrase_of, phrases)])
    frequencies = [await questions.frequency(term) for term in terms]
    rows = None
    if plan.sorted_by_index:
        seen = [scores[1 : len(terms) + 1] for scores in scored.values()]
        frequencies, rows = counted_with(terms, seen, frequencies, await questions.rows())
    reproduced = plan.sorted_by_index
    signs = len(_SIGNS.findall(query.text)) if mode == "boolean" and reproduced else 0
    proofs: dict[tuple[Any, ...], _Proof] = {}
    for key, (raw, *parts) in scored.items():
        counted = _counting(query, dict(zip([*terms, *phrases], parts, strict=True)))
        made = [_term(*part, rows) for part in zip(terms, parts[: len(terms)], frequencies, strict=True)]
        shown = [term if term.term in counted or term.term in lowering else _uncounted(term) for term in made]
        proofs[key] = _Proof(raw, tuple(shown)).weighed(signs)
    often = _repetitions(query.text, plan.rules)
    proofs = {key: proof.repeated(often) for key, proof in proofs.items()}
    if rows is not None and not all(proof.agrees for proof in proofs.values()):
        beside = await questions.scores([f"{term} {_NOWHERE}" for term in terms])
        proofs = {key: proof.corrected(beside.get(key, ()), often) for key, proof in proofs.items()}
    return {
        key: SourceExplanation(
            plan.index.name, None, proof.raw, proof.terms, dropped, proof.agrees if reproduced else None, proof.signs
        )
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
        agrees = None if any(one.agrees is None for one in each) else all(one.agrees for one in each)
        found[key] = attrs.evolve(best, agrees=agrees, beside=[one for one in each if one is not best])
    return found


def _repetitions(text: str, rules: TokenRules) -> Mapping[str, int]:
    """Count the words of a query as it is sent, `stem*` for prefixes."""
    found: Counter[str] = Counter()
    for word in rules.words.finditer(text):
        open_end = text[word.end() : word.end() + 1] == "*"
        found[f"{rules.folding.fold(word[0])}{'*' if open_end else ''}"] += 1
    return found


def _counting(query: IndexQuery, scores: Mapping[str | Needle, float]) -> frozenset[str]:
    """Give the terms that count in a row: not the words of a phrase that it has apart, nor those of an unmet group.

    Args:
        query: As it was prepared for the index.
        scores: Of the row, for each term and each phrase.
    """

    def is_there(needle: Needle) -> bool:
        name = needle if len(needle.words) > 1 else terms_of(needle)[0]
        return scores.get(name, 0.0) > 0

    if query.meaning is not None:
        needles = counting(query.meaning, is_there) or frozenset()
    else:
        needles = frozenset(filter(is_there, query.needles))
    return frozenset(term for needle in needles for term in terms_of(needle))


def _uncounted(term: TermScore) -> TermScore:
    return attrs.evolve(term, tf=0, score=0.0)


@attrs.frozen
class _Proof:
    raw: float
    terms: tuple[TermScore, ...]

    signs: int = 0

    @property
    def agrees(self) -> bool:
        total = sum(term.score for term in self.terms) + self.signs
        known = all(term.tf is not None for term in self.terms)
        return known and abs(total - self.raw) <= _DIFFERENCE * max(abs(self.raw), abs(total), abs(self.signs))

    def weighed(self, most: int) -> "_Proof":
        """Take account of the signs `>`, `<` and `~`, which count one more or less; at most so many."""
        signs = round(self.raw - sum(term.score for term in self.terms))
        return attrs.evolve(self, signs=signs) if signs and abs(signs) <= most else self

    def repeated(self, often: Mapping[str, int]) -> "_Proof":
        """Take account of words that a query has several times: the server adds their df up."""
        if self.agrees:
            return self
        again = attrs.evolve(self, terms=tuple([_times(term, often.get(term.term, 1)) for term in self.terms]))
        return again if again.agrees else self

    def corrected(self, beside: Sequence[float], often: Mapping[str, int]) -> "_Proof":
        """Take the df with which each term's score beside another word is what it is."""
        if self.agrees or len(beside) != len(self.terms):
            return self
        terms = tuple([_beside(*pair) for pair in zip(self.terms, beside, strict=True)])
        return attrs.evolve(self, terms=terms).repeated(often)


def _times(term: TermScore, times: int) -> TermScore:
    if times < 2 or not term.tf or term.n is None:
        return term
    df = term.df * times
    return attrs.evolve(term, df=df, score=term.tf * idf(term.n, df) ** 2)


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


def counted_with(
    terms: Sequence[str], parts: Sequence[Sequence[float]], frequencies: Sequence[int], estimate: int
) -> tuple[list[int], int | None]:
    """Find the df of each term and the number of rows that the server counts with.

    Words tell the number. Where the rows have prefixes alone it is the estimate, if scores fit to that: a prefix counts
    a row once for each of its words that begin so, its df is another one than can be counted.

    Args:
        terms: Words, and prefixes with their star.
        parts: For each row the scores of the terms.
        frequencies: How many rows have each term.
        estimate: About how many rows there are.

    Returns:
        the df, and the number of rows, None when the scores fit to none.
    """
    open_ended = [place for place, term in enumerate(terms) if term.endswith("*")]
    plain = [place for place in range(len(terms)) if place not in open_ended]
    if not any(scores[place] for scores in parts for place in plain):
        counted = _prefixes_counted(open_ended, parts, frequencies, estimate)
        if counted is not None:
            return counted, estimate
        plain = open_ended
    telling = [[scores[place] for place in plain] for scores in parts]
    rows = rows_counted(telling, [frequencies[place] for place in plain], estimate)
    if rows is None:
        return list(frequencies), None
    found = list(frequencies)
    for place in open_ended:
        found[place] = frequency_counted([scores[place] for scores in parts], rows, found[place]) or found[place]
    return found, rows


def _prefixes_counted(
    places: Sequence[int], parts: Sequence[Sequence[float]], frequencies: Sequence[int], rows: int
) -> list[int] | None:
    found = list(frequencies)
    for place in places:
        seen = [scores[place] for scores in parts if scores[place]]
        df = frequency_counted(seen, rows, found[place]) if seen else found[place]
        if df is None:
            return None
        found[place] = df
    return found


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
        return (most or None) if seen else None
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


def frequency_counted(scores: Sequence[float], rows: int, least: int) -> int | None:
    """Find the df that the server counts with for a prefix: the sum of those of its words.

    Args:
        scores: Of rows.
        rows: Of the table.
        least: How many rows have any of its words.

    Returns:
        the smallest one that fits all scores, None when there is none.
    """
    seen = sorted({score for score in scores if score > 0})
    if not seen:
        return None
    ratios = [10 ** math.sqrt(seen[0] / tf) for tf in range(1, _MOST_TF + 1)]
    fitting = [
        df
        for df in {round(df) for ratio in ratios for df in (rows / ratio, rows * ratio)}
        if df >= least and all(frequency_in_row(score, rows, df) is not None for score in seen)
    ]
    return min(fitting, default=None)


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


def _beside(term: TermScore, score: float) -> TermScore:
    if not term.tf or not score or term.n is None:
        return term
    ratio = 10 ** math.sqrt(score / term.tf)
    df = round(term.n / ratio)
    if df < term.df:  # the square hides the sign
        df = round(term.n * ratio)
    return attrs.evolve(term, df=df, score=term.tf * idf(term.n, df) ** 2)
