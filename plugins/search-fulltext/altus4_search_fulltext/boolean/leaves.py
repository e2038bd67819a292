"""Words, prefixes and phrases for one index: what it can hold, in a form its parser reads the same way."""

from collections.abc import Iterable, Sequence

from altus4_core.records import Notice
from altus4_search_fulltext import notices
from altus4_search_fulltext.boolean.limits import MOST_PHRASE_WORDS
from altus4_search_fulltext.boolean.parts import Part, Role
from altus4_search_fulltext.boolean.tree import Leaf, Phrase, Prefix, Word
from altus4_search_fulltext.needles import Needle
from altus4_search_fulltext.tokens import Fate, Removed, TokenRules, searchable


class LeafCompiler:
    """Compiles the leaves of one tree and collects what happened to them.

    Args:
        rules: Of the index.
        leaves: All of the tree's.
    """

    def __init__(self, rules: TokenRules, leaves: Iterable[Leaf]) -> None:
        self._rules = rules
        self._removed = Removed()
        self._steps: dict[str, Notice] = {}
        self._phrases = any(_may_be_phrase(leaf, rules) for leaf in leaves)

    def told(self) -> list[Notice]:
        """Give the warnings, losses first."""
        return [*self._removed.notices(self._rules), *self._steps.values()]

    def compile(self, leaf: Leaf) -> Part | None:
        """Compile one leaf; None when the index cannot find it."""
        text = leaf.stem if isinstance(leaf, Prefix) else leaf.text
        words = self._rules.words.findall(text)
        if not words:
            self._removed.empty[text] = None
            return None
        if isinstance(leaf, Prefix):
            return self._prefix(words, text)
        if self._rules.ngram is not None:
            return self._grams(words, text)
        return self._phrase(words, leaf)

    def _phrase(self, words: Sequence[str], leaf: Word | Phrase) -> Part | None:
        fold = self._rules.folding.fold
        found = searchable(self._rules, words, self._removed)
        within = leaf.within if isinstance(leaf, Phrase) else None
        if within is not None and (len(set(found)) < 2 or not self._rules.innodb):
            self._steps.setdefault(f"@{leaf.text}", notices.distance_ignored(leaf.text))
            within = None
        if not found:
            return None
        kept = [word for word in words if self._rules.judge(fold(word)) is Fate.FOUND]
        if within is not None:
            return _leaf(f'"{" ".join(kept)}" @{within}', Needle(tuple(found), within=within))
        if len(words) == 1 or (len(kept) == 1 and self._rules.innodb):
            return _leaf(kept[0], Needle((found[0],)))  # of a phrase, InnoDB ignores what it has not indexed
        if isinstance(leaf, Word):
            self._steps.setdefault(leaf.text, notices.treated_as_phrase(leaf.text, words))
        # Between two indexed words, however, InnoDB compares with the text itself.
        needle = Needle(tuple(fold(word) for word in words)) if len(found) > 1 else Needle((found[0],))
        return _leaf(f'"{" ".join(words)}"', needle)

    def _prefix(self, words: Sequence[str], text: str) -> Part | None:
        fold, stem = self._rules.folding.fold, words[-1]
        if len(stem) > self._rules.maximum:
            self._removed.add(Fate.LONG, stem)
            return None
        needle = Needle((fold(stem),), open_end=True, bounded=self._rules.ngram is None)
        required = f"+{stem}*"
        if len(words) == 1:
            return Part(Role.FINDS, f"({required})" if self._phrases else f"{stem}*", (f"{stem}*",), (needle,))
        # A phrase cannot end in a prefix, so that its words are asked for side by side.
        self._steps.setdefault(text, notices.treated_as_phrase(f"{text}*", [*words[:-1], f"{stem}*"]))
        lead = [word for word in words[:-1] if searchable(self._rules, [word], self._removed)]
        needles = (*(Needle((fold(word),), bounded=self._rules.ngram is None) for word in lead), needle)
        together = " ".join([*(f"+{word}" for word in lead), required])
        return Part(Role.FINDS, f"({together})", (*lead, f"{stem}*"), needles)

    def _grams(self, words: Sequence[str], text: str) -> Part | None:
        """Compile for the ngram parser, which makes a phrase of tokens out of every word."""
        rules = self._rules
        if sum(len(word) for word in words) > MOST_PHRASE_WORDS:
            self._removed.add(Fate.LONG, text)
            return None
        if not searchable(rules, words, self._removed):
            return None
        written = words[0] if len(words) == 1 else f'"{" ".join(words)}"'
        return Part(Role.FINDS, written, (written,), _gram_needles(words, rules))


def _gram_needles(words: Sequence[str], rules: TokenRules) -> tuple[Needle, ...]:
    """Give what shows in a row: the words, or what is left of them without the tokens that are not indexed."""
    folded = [rules.folding.fold(word) for word in words]
    grams = [rules.ngrams(word) for word in folded]
    size = rules.ngram or 1
    if all(len(found) == len(word) - size + 1 for found, word in zip(grams, folded, strict=True)):
        return (Needle(tuple(folded), bounded=False),)
    return tuple(Needle((gram,), bounded=False) for found in grams for gram in found)


def _leaf(text: str, needle: Needle) -> Part:
    return Part(Role.FINDS, text, (text,), (needle,))


def _may_be_phrase(leaf: Leaf, rules: TokenRules) -> bool:
    """Say whether a leaf is looked up as a phrase; with the ngram parser every longer word is."""
    return not isinstance(leaf, Prefix) and (rules.ngram is not None or len(rules.words.findall(leaf.text)) > 1)
