"""The arithmetic of BM25 for some rows of a list, made anew from their texts, so that it can be checked."""

from collections.abc import Mapping, Sequence
from typing import Any

from altus4_search_fulltext.planner import TablePlan
from altus4_search_fulltext.ranking.bm25 import K1, B, idf
from altus4_search_fulltext.ranking.drawing import Drawing
from altus4_search_fulltext.ranking.excerpt import Excerpt

Arithmetic = Mapping[str, Any]


def arithmetic(plan: TablePlan, drawing: Drawing, statistics: Excerpt, texts: Sequence[str]) -> Arithmetic:
    """Compute a row's score, with all that is in it; JSON-ready.

    The score is the sum over the terms of idf * tf * (k1 + 1) / (tf + norm), with norm = k1 * (1 - b + b * length /
    averageLength) and idf = ln(1 + (n - df + 0.5) / (df + 0.5)); n and df are those of the sample. `drawn` is what the
    server was asked for in boolean mode.

    Args:
        plan: Of the table.
        drawing: Of the query.
        statistics: With which the list was ranked.
        texts: Of the index's columns, as far as they are read; those with any text.
    """
    length = sum(map(len, texts))
    norm = K1 * (1 - B + B * length / (statistics.average_length or 1.0))
    folded = plan.rules.folding.fold(" ".join(texts))
    terms: list[Mapping[str, Any]] = []
    total = 0.0
    for term in drawing.terms:
        tf = sum(1 for _ in term.spans(folded, plan.rules.words))
        df = statistics.frequency(term)
        rarity = idf(statistics.sampled, df)
        score = rarity * tf * (K1 + 1) / (tf + norm)
        total += score
        figures = {"tf": tf, "df": df, "n": statistics.sampled, "idf": rarity, "norm": norm, "score": score}
        terms.append({"term": term.name, **figures})
    return {
        "method": "bm25",
        "score": round(total, 6),
        "terms": terms,
        "drawn": drawing.query.text,
        "k1": K1,
        "b": B,
        "length": length,
        "averageLength": statistics.average_length,
    }
