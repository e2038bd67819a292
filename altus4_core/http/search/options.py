"""Options of a mode's own: the member `hybrid`, decoded by the record that the mode names."""

from typing import Any

import attrs

from altus4_core.errors import FieldProblem, ValidationFailed
from altus4_core.http.search.body import SearchBody
from altus4_core.schema.decode import Decoder
from altus4_core.search.pipeline import SearchPipeline


class ModeOptions:
    """Reads what a request says to its mode alone."""

    def __init__(self, pipeline: SearchPipeline, default_mode: str) -> None:
        self._pipeline = pipeline
        self._default = default_mode
        self._decoders: dict[str, Decoder[Any]] = {
            name: Decoder(entry.provider.options, unknown="refuse")
            for name, entry in pipeline.modes.items()
            if entry.provider.options is not None
        }

    def read(self, body: SearchBody) -> Any:
        """Give the mode's options.

        Raises:
            ValidationFailed: the mode has none, or not these.
        """
        mode = self._pipeline.mode(body.search_mode or self._default)
        decode = self._decoders.get(mode.name)
        if decode is None:
            others = ", ".join(sorted(self._decoders))
            hint = f"modes that do: {others}" if others else "no enabled mode does"
            raise ValidationFailed.of(
                [
                    FieldProblem(
                        "hybrid", f"is not for mode {mode.name!r}, which takes no options; {hint}", "unsupported"
                    )
                ]
            )
        try:
            return decode(body.hybrid)
        except ValidationFailed as error:
            problems = [FieldProblem(**details) for details in error.details]
            raise ValidationFailed.of(
                [attrs.evolve(one, field=f"hybrid.{one.field}" if one.field else "hybrid") for one in problems]
            ) from None
