"""Pieces of the server's boolean syntax, and how they are put together.

Faults of the servers' evaluation (measured against plain Python) are kept out of what is emitted:

- MySQL and MariaDB: once a phrase was evaluated, a prefix that is optional or excluded matches its exact letters only.
  Required ones work, hence `(+stem*)` beside phrases.
- MariaDB: something optional that follows a required group adds rows: `+(a b) c` finds c. Hence what is optional
  stands first.
- MySQL and MariaDB: an optional group before a required phrase can lose rows: `(+"a b" +c) +"d e"`. Beside something
  required it only ranks, so its words stand there without brackets.
"""

from collections.abc import Sequence
from enum import Enum

import attrs

from altus4_search_fulltext.meaning import AllOf, Group, Meaning
from altus4_search_fulltext.needles import Needle


class Role(Enum):
    """What a part does to the rows around it."""

    FINDS = "finds"
    EXCLUDES = "excludes"
    WEIGHS = "weighs"  # `~`


@attrs.frozen
class Part:
    """A compiled part.

    Attributes:
        role: What it does; the text of one that excludes is what is excluded.
        text: A word, a phrase, or something in brackets: a sign may stand before it.
        flat: Its words and phrases without brackets, for places where it only ranks.
        needles: What it finds.
        weight: `>`, `<` or nothing.
        group: How its own parts belong together; None: all its needles must be there.
    """

    role: Role
    text: str
    flat: tuple[str, ...]
    needles: tuple[Needle, ...]
    weight: str = ""
    group: Group | None = None

    @property
    def meaning(self) -> Meaning:
        """What makes a row match it, or, if it excludes, what it excludes."""
        return self.group or AllOf(self.needles)

    @property
    def alone(self) -> str:
        """The part as a whole query."""
        whole = not self.weight and self.text.startswith("(")
        return self.text[1:-1] if whole else self.optional

    @property
    def optional(self) -> str:
        """The part as one of several, any of which may match."""
        return f"{self._sign}{self.text}"

    @property
    def ranking(self) -> str:
        """The part beside others that decide what is found."""
        return " ".join(f"{self._sign}{word}" for word in self.flat)

    @property
    def required(self) -> str:
        """The part as one that must match; the server takes one sign at a time."""
        return f"+({self.weight}{self.text})" if self.weight else f"+{self.text}"

    @property
    def _sign(self) -> str:
        return "~" if self.role is Role.WEIGHS else self.weight


def inverted(part: Part | None) -> Part | None:
    """Exclude what a part finds, or find what it excludes."""
    if part is None:
        return None
    role = Role.FINDS if part.role is Role.EXCLUDES else Role.EXCLUDES
    return attrs.evolve(part, role=role, weight="")


def weighted(sign: str, part: Part | None) -> Part | None:
    """Give a part a weight; what excludes has none."""
    if part is None or part.role is not Role.FINDS:
        return part
    text = f"({part.weight}{part.text})" if part.weight else part.text
    role, weight = (Role.WEIGHS, "") if sign == "~" else (Role.FINDS, sign)
    return Part(role, text, part.flat, part.needles, weight, part.group)


def joined(strict: Sequence[Part], loose: Sequence[Part]) -> Part | None:
    """Join parts: `strict` ones must match or must not, `loose` ones may.

    Returns:
        a part that excludes when all do; None when nothing is left.
    """
    required = [part for part in strict if part.role is Role.FINDS]
    excluded = [part for part in strict if part.role is Role.EXCLUDES]
    finding = required + [part for part in loose if part.role is Role.FINDS]
    if not finding:
        return _excluding(excluded) if excluded else None
    if len(strict) + len(loose) == 1:
        return finding[0]
    words = [part.ranking if required else part.optional for part in loose]
    words += [part.required for part in required]
    words += [f"-{part.text}" for part in excluded]
    needles = tuple(needle for part in finding for needle in part.needles)
    flat = tuple(word for part in finding for word in part.flat)
    group = Group(
        tuple(part.meaning for part in required),
        tuple(part.meaning for part in loose if part.role is Role.FINDS),
        tuple(part.meaning for part in excluded),
    )
    return Part(Role.FINDS, f"({' '.join(words)})", flat, needles, group=group)


def _excluding(excluded: Sequence[Part]) -> Part:
    if len(excluded) == 1:
        return excluded[0]
    needles = tuple(needle for part in excluded for needle in part.needles)
    flat = tuple(word for part in excluded for word in part.flat)
    group = Group(optional=tuple(part.meaning for part in excluded))
    return Part(Role.EXCLUDES, f"({' '.join(part.text for part in excluded)})", flat, needles, group=group)
