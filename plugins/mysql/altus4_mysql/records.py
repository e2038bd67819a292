"""The records of a MySQL target, in one place."""

from .column import Column
from .server_facts import ServerFacts
from .table import FulltextIndex, Table, TableKind
from .target import AsideTarget, MySQLTarget, TargetSchema

__all__ = ["AsideTarget", "Column", "FulltextIndex", "MySQLTarget", "ServerFacts", "Table", "TableKind", "TargetSchema"]
