"""Reading the ids of results: `databaseId:table:primary key`, as `records.FusedHit.id` writes them."""


def split_id(result_id: str) -> tuple[str, str, str] | None:
    """Give database, table and what the id ends with; None when it is no id of a result."""
    database_id, _, rest = result_id.partition(":")
    table, separator, key = rest.partition(":")
    if not database_id or not table or not separator:
        return None
    return database_id, table.replace("%3A", ":").replace("%25", "%"), key


def key_parts(key: str, width: int) -> tuple[str, ...]:
    """Give the texts of a primary key of so many columns from what an id ends with."""
    if width == 1:
        return (key,)
    return tuple([part.replace("%2C", ",").replace("%25", "%") for part in key.split(",")])
