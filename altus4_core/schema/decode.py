"""Decoding: records from JSON bodies and from query strings, and how their members are declared."""

from altus4_core.schema.decoder import Decoder
from altus4_core.schema.field import UNSET, Unset, field
from altus4_core.schema.query import QueryDecoder

__all__ = ["UNSET", "Decoder", "QueryDecoder", "Unset", "field"]
