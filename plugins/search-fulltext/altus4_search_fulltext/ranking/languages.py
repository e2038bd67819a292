"""Whether texts are English, told by their commonest words.

Only where another language shows is stemming left off: names of products or codes have no such words at all, and
their English plurals are worth finding.
"""

from collections.abc import Callable

_ENGLISH = ["the", "and", "of", "to", "in", "is", "for", "with", "that", "this", "are", "from", "by", "was"]
_OTHERS = {
    "de": ["der", "die", "und", "das", "nicht", "mit", "den", "von", "ist", "ein", "eine", "auf", "für", "des"],
    "fr": ["les", "des", "une", "est", "dans", "pour", "que", "sur", "avec", "qui", "par", "pas", "aux", "ses"],
    "es": ["los", "las", "una", "del", "por", "con", "para", "que", "como", "más", "pero", "sus", "este", "está"],
    "it": ["che", "non", "una", "per", "con", "del", "della", "sono", "gli", "nel", "alla", "dei", "più", "anche"],
    "pt": ["que", "não", "uma", "com", "para", "dos", "por", "mais", "como", "das", "foi", "são", "pelo", "você"],
    "nl": ["het", "een", "van", "niet", "dat", "met", "voor", "zijn", "aan", "ook", "maar", "werd", "wordt", "naar"],
    "sv": ["och", "att", "det", "som", "för", "inte", "med", "till", "har", "ett", "den", "jag", "var", "är"],
    "pl": ["nie", "jest", "się", "że", "jak", "ale", "tak", "dla", "czy", "przez", "oraz", "tego", "był", "może"],
    "tr": [
        "bir",
        "için",
        "çok",
        "ile",
        "olan",
        "daha",
        "gibi",
        "kadar",
        "olarak",
        "ama",
        "değil",
        "sonra",
        "hem",
        "şu",
    ],
}


def is_english(frequency: Callable[[str], int]) -> bool:
    """Say whether no other language shows more than English does.

    Args:
        frequency: Gives how many texts have a word.
    """
    english = sum(map(frequency, _ENGLISH))
    return all(sum(map(frequency, words)) <= english for words in _OTHERS.values())
