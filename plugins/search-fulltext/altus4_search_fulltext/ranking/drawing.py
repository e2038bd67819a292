"""How candidates are drawn: a natural query as alternatives of `stem*`, words and phrases, in boolean mode.

A prefix is sent only where it is long enough and the sample says that most of what begins so has the stem: the index
reads every word that begins so (`w12*` took 1.9 s where `w123*` took 0.2). Else the forms themselves are sent.
"""

import attrs

from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.query import IndexQuery
from altus4_search_fulltext.ranking.excerpt import Excerpt
from altus4_search_fulltext.ranking.stems import Stem, unchanged, variants
from altus4_search_fulltext.ranking.terms import Term, needle_of, prefix_term, term_of
from altus4_search_fulltext.tokens import Fate, TokenRules

_MOST_FORMS = 12  # sent for one word


@attrs.frozen(eq=False)
class Drawing:
    """A query as candidates are drawn and scored with it.

    Attributes:
        query: For the index, in boolean mode; its needles are the words and prefixes that are sent.
        terms: What rows are scored by.
        needles: What a row has that matches.
        widened: Whether rows are found that have none of the query's own words.
    """

    query: IndexQuery
    terms: tuple[Term, ...]
    needles: tuple[Needle, ...]
    widened: bool


def draw(query: IndexQuery, rules: TokenRules, statistics: Excerpt, stemmer: Stem) -> Drawing:
    """Prepare the drawing of candidates.

    Args:
        query: In natural mode, with something to find.
        rules: Of the index, whose parser is the built-in one.
        statistics: Of the table.
        stemmer: Gives the stem of a word.
    """
    written = {rules.folding.fold(word): word for word in rules.words.findall(query.text)}
    terms: dict[str, Term] = {}
    needles: list[Needle] = []
    sent: dict[Needle, None] = {}
    widened = False
    for needle in query.needles:
        if len(needle.words) > 1:
            needles.append(needle)
            sent[needle] = None
            for word in needle.words:
                if rules.judge(word) is Fate.FOUND:
                    term = term_of(word, stemmer)
                    terms.setdefault(term.name, term)
            continue
        word = needle.words[0]
        # English words have no accents: such a one is a name, or of another language.
        term = term_of(word, stemmer if written.get(word, word).isascii() else unchanged)
        terms.setdefault(term.name, term)
        needles.append(needle_of(term))
        pieces = _pieces(word, term, rules, statistics)
        widened = widened or pieces != [needle]
        sent.update(dict.fromkeys(pieces))
    has_phrase = any(len(each.words) > 1 for each in sent)
    text = " ".join(_written(needle, written, has_phrase=has_phrase) for needle in sent)
    drawn = IndexQuery(text, tuple(sent), query.notices, alternatives=not has_phrase)
    return Drawing(drawn, tuple(terms.values()), tuple(needles), widened)


def as_asked(query: IndexQuery) -> Drawing:
    """Draw exactly what a query in boolean mode finds; its words and prefixes are what rows are scored by."""
    terms: dict[str, Term] = {}
    for needle in query.needles:
        *lead, last = needle.words
        for word in lead:
            terms.setdefault(word, term_of(word, unchanged))
        term = prefix_term(last) if needle.open_end else term_of(last, unchanged)
        terms.setdefault(term.name, term)
    return Drawing(query, tuple(terms.values()), query.needles, widened=False)


def _pieces(word: str, term: Term, rules: TokenRules, statistics: Excerpt) -> list[Needle]:
    """Give what is sent for one word: its stem as a prefix, or forms of it."""
    if term.stemmer is unchanged:
        return [Needle((word,))]
    stem, found = term.name, statistics.forms(term)
    wanted = dict.fromkeys([word, *found.words, *variants(stem)])
    forms = [form for form in wanted if form == word or rules.judge(form) is Fate.FOUND]
    pieces: list[Needle] = []
    if found.prefix:
        pieces.append(Needle((stem,), open_end=True))
        forms = [form for form in forms if not form.startswith(stem)]
    pieces += [Needle((form,)) for form in forms[:_MOST_FORMS]]
    return pieces


def _written(needle: Needle, written: dict[str, str], *, has_phrase: bool) -> str:
    words = [written.get(word, word) for word in needle.words]
    if len(words) > 1:
        return f'"{" ".join(words)}"'
    if not needle.open_end:
        return words[0]
    # Beside a phrase a bare prefix finds nothing in InnoDB; the same in brackets does.
    return f"(+{words[0]}*)" if has_phrase else f"{words[0]}*"
