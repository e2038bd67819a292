"""The warnings of this plugin: stable codes, one sentence each."""

from collections.abc import Iterable, Sequence

from altus4_core.records import Notice


def _quoted(tokens: Sequence[str]) -> str:
    shown = ", ".join(f"'{token if len(token) <= 60 else token[:60] + '...'}'" for token in tokens[:5])
    return f"{shown} and {len(tokens) - 5} more" if len(tokens) > 5 else shown


def _remedy(statement: str) -> dict[str, str]:
    return {"sqlSuggestion": statement} if statement else {}


def stopwords_removed(tokens: Sequence[str]) -> Notice:
    """Say that words were left out because the server's stop-word list has them."""
    message = f"Left out as stop words of the database server: {_quoted(tokens)}."
    return Notice("STOPWORD_REMOVED", message, {"tokens": list(tokens)})


def too_short(tokens: Sequence[str], minimum: int) -> Notice:
    """Say that words were left out because the index holds longer ones only."""
    message = f"Left out as too short, the index has words of at least {minimum} letters: {_quoted(tokens)}."
    return Notice("TOKEN_TOO_SHORT", message, {"tokens": list(tokens), "minimum": minimum})


def too_long(tokens: Sequence[str], maximum: int) -> Notice:
    """Say that words were left out because the index holds shorter ones only."""
    message = f"Left out as too long, the index has words of at most {maximum} letters: {_quoted(tokens)}."
    return Notice("TOKEN_TOO_LONG", message, {"tokens": list(tokens), "maximum": maximum})


def nothing_searchable(tokens: Sequence[str] = ()) -> Notice:
    """Say that (this part of) the query has no letter or digit."""
    message = (
        f"Left out, no letter or digit in it: {_quoted(tokens)}." if tokens else "The query has no word to search for."
    )
    return Notice("NOTHING_SEARCHABLE", message, {"tokens": list(tokens)} if tokens else {})


def query_shortened(limit: int, dropped: Sequence[str]) -> Notice:
    """Say that only the first words of a long query are searched for."""
    message = f"Only the first {limit} different words are searched for."
    return Notice("QUERY_SHORTENED", message, {"limit": limit, "tokens": list(dropped)})


def treated_as_phrase(token: str, words: Sequence[str]) -> Notice:
    """Say that something like an address is searched for as the phrase of its words."""
    phrase = " ".join(words)
    return Notice(
        "TREATED_AS_PHRASE", f"'{token}' is searched for as \"{phrase}\".", {"token": token, "phrase": phrase}
    )


def distance_ignored(token: str) -> Notice:
    """Say that a distance has no meaning here."""
    message = f"The distance of '{token}' is ignored: it needs two searchable words and an InnoDB table."
    return Notice("DISTANCE_IGNORED", message, {"token": token})


def unknown_table(name: str, known: str | None) -> Notice:
    """Say that a table asked for does not exist in this database."""
    hint = f" Did you mean '{known}'?" if known else ""
    details = {"table": name, **({"nearest": known} if known else {})}
    return Notice("UNKNOWN_TABLE", f"This database has no table '{name}'.{hint}", details)


def unknown_columns(table: str, names: Sequence[str]) -> Notice:
    """Say that columns asked for do not exist in this table."""
    return Notice("UNKNOWN_COLUMN", f"Table '{table}' has no column {_quoted(names)}.", {"columns": list(names)})


def no_fulltext_index(table: str, remedy: str) -> Notice:
    """Say that a table asked for cannot be searched, and what would make it searchable."""
    details = {"table": table, **_remedy(remedy)}
    return Notice("NO_FULLTEXT_INDEX", f"Table '{table}' has no FULLTEXT index and was skipped.", details)


def columns_not_indexed(table: str, wanted: Iterable[str], remedy: str = "") -> Notice:
    """Say that a table was skipped because no index touches the columns asked for."""
    columns = list(wanted)
    message = f"Table '{table}' has no FULLTEXT index over {_quoted(columns)} and was skipped."
    return Notice("COLUMNS_NOT_INDEXED", message, {"columns": columns, **_remedy(remedy)})


def columns_not_exact(
    index: str,
    wanted: Sequence[str],
    missing: Sequence[str],
    extra: Sequence[str],
    remedy: str = "",
    *,
    together: Sequence[str] = (),
) -> Notice:
    """Say that the chosen index, or several `together`, is not one of exactly the columns asked for."""
    parts = [f"not searched: {_quoted(missing)}"] if missing else []
    parts += [f"searched besides: {_quoted(extra)}"] if extra else []
    used = f"{_quoted(together)} are searched one after the other" if together else f"'{index}' is used"
    besides = f" ({'; '.join(parts)})" if parts else ""
    message = f"No FULLTEXT index has exactly these columns; {used}{besides}."
    details = {
        "index": index,
        "columns": list(wanted),
        "missing": list(missing),
        "extra": list(extra),
        **({"indexes": list(together)} if together else {}),
        **_remedy(remedy),
    }
    return Notice("COLUMNS_NOT_EXACT", message, details)


def indexes_joined(table: str, indexes: Sequence[str], remedy: str) -> Notice:
    """Say that several indexes of a table are searched because none has all indexed columns."""
    message = f"No FULLTEXT index of table '{table}' has all that is indexed; {_quoted(indexes)} are searched "
    message += "one after the other, which one index of all these columns does at once."
    return Notice("INDEXES_JOINED", message, {"indexes": list(indexes), **_remedy(remedy)})


def index_partial(table: str, index: str, missing: Sequence[str]) -> Notice:
    """Say that no index spans all indexed columns, so that some are not searched by default."""
    message = (
        f"Index '{index}' of table '{table}' is the widest; {_quoted(missing)} can be searched by naming the columns."
    )
    return Notice("INDEX_PARTIAL", message, {"index": index, "missing": list(missing)})


def no_primary_key(table: str, prefixed: Sequence[str] = ()) -> Notice:
    """Say that ids of a table are made from the rows' contents: its key, if any, covers these columns only in part."""
    changing = "the ids of its rows change when their contents do."
    if prefixed:
        message = f"The primary key of table '{table}' covers only a prefix of {_quoted(prefixed)} and cannot name "
        return Notice("NO_PRIMARY_KEY", f"{message}its rows; {changing}", {"prefixed": list(prefixed)})
    return Notice("NO_PRIMARY_KEY", f"Table '{table}' has no primary key; {changing}")


def values_cut(columns: Sequence[str], characters: int) -> Notice:
    """Say that long values are shown in part."""
    message = f"Long values are cut to {characters} characters: {_quoted(columns)}."
    return Notice("VALUES_CUT", message, {"columns": list(columns), "characters": characters})


def table_changed(table: str) -> Notice:
    """Say that a table was skipped because it is no longer as the schema has it."""
    message = f"Table '{table}' has changed since the schema was read and was skipped; refresh the schema."
    return Notice("SCHEMA_CHANGED", message)


def table_denied(table: str) -> Notice:
    """Say that a table was skipped because the account may not read it."""
    return Notice("TABLE_ACCESS_DENIED", f"The database account may not read table '{table}'; it was skipped.")


def facets_sampled(table: str, columns: Sequence[str], rows: int, reason: str) -> Notice:
    """Say that values were to be counted in all rows, and were counted in the first ones only."""
    why = "counting all would cost too much" if reason == "tooExpensive" else "counting all did not end in time"
    message = f"In table '{table}' only the first {rows} rows were counted for {_quoted(columns)}: {why}."
    return Notice("FACETS_SAMPLED", message, {"columns": list(columns), "rows": rows, "reason": reason})


def facets_missing(table: str, reason: str) -> Notice:
    """Say that the values of a table's rows were not counted."""
    message = f"The values in table '{table}' could not be counted{_UNCOUNTED[reason]}."
    return Notice("FACETS_MISSING", message, {"reason": reason})


_UNCOUNTED = {"outOfTime": " in time", "tooExpensive": ": it would cost too much", "failed": ""}


def total_missing(table: str, reason: str) -> Notice:
    """Say that the rows of a table that match were found but not counted."""
    why = "in time" if reason == "outOfTime" else "while others keep the database busy"
    message = f"The matches in table '{table}' could not all be counted {why}; ask for no totals, or for rarer words."
    return Notice("TOTAL_MISSING", message, {"reason": reason})


def ranked_by_server(reason: str) -> Notice:
    """Say that a table's list is in the server's own order, and why."""
    return Notice("RANKED_BY_SERVER", _REASONS[reason], {"reason": reason})


_REASONS = {
    "notSampled": "The table's words have not been counted yet; until then its results are in the server's own order.",
    "tooExpensive": "Other forms of these words are in too many rows; the results are in the server's own order.",
    "parser": "The index has a parser of its own; its results are in the server's own order.",
}
