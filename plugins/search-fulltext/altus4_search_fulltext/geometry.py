"""MySQL's stored geometries (a 4-byte SRID, then WKB) to GeoJSON.

Coordinates are written as stored: x first, which is the longitude in geographic reference systems (manual, "Internal
Geometry Storage Format").
"""

import struct
from typing import Any

_POINT, _LINE, _POLYGON, _COLLECTION = 1, 2, 3, 7
_PARTS = {4: ("MultiPoint", _POINT), 5: ("MultiLineString", _LINE), 6: ("MultiPolygon", _POLYGON)}
_DEEPEST = 16  # collections inside collections


def geojson(stored: bytes) -> dict[str, Any] | None:
    """Give the GeoJSON object of a stored geometry; None when the bytes are none."""
    try:
        reader = _Reader(stored, 4)
        return reader.geometry(_DEEPEST)
    except (struct.error, ValueError):
        return None


class _Reader:
    """Reads WKB."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._position = position
        self._order = "<"

    def geometry(self, depth: int) -> dict[str, Any]:
        kind = self._header()
        if kind == _POINT:
            return {"type": "Point", "coordinates": self._point()}
        if kind == _LINE:
            return {"type": "LineString", "coordinates": self._points()}
        if kind == _POLYGON:
            return {"type": "Polygon", "coordinates": self._rings()}
        if kind in _PARTS:
            name, part = _PARTS[kind]
            return {"type": name, "coordinates": [self._part(part) for _ in range(self._count())]}
        if kind == _COLLECTION and depth:
            return {
                "type": "GeometryCollection",
                "geometries": [self.geometry(depth - 1) for _ in range(self._count())],
            }
        message = f"no geometry of type {kind}"
        raise ValueError(message)

    def _part(self, expected: int) -> list[Any]:
        if self._header() != expected:
            message = "a part of another type"
            raise ValueError(message)
        if expected == _POINT:
            return self._point()
        return self._points() if expected == _LINE else self._rings()

    def _header(self) -> int:
        self._order = "<" if self._take("B")[0] else ">"
        return int(self._take("I")[0])

    def _count(self) -> int:
        count = int(self._take("I")[0])
        if count > len(self._data):  # each part has several bytes: a lie would cost memory
            message = "more parts than bytes"
            raise ValueError(message)
        return count

    def _rings(self) -> list[Any]:
        return [self._points() for _ in range(self._count())]

    def _points(self) -> list[Any]:
        return [self._point() for _ in range(self._count())]

    def _point(self) -> list[float]:
        return list(self._take("dd"))

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(self._order + form, self._data, self._position)
        self._position += struct.calcsize(self._order + form)
        return found
