"""From a decoded body to the request of a search, the mode's own options included."""

from altus4_core.gateway import Gateway
from altus4_core.http.search.body import SearchBody, read_request
from altus4_core.http.search.options import ModeOptions
from altus4_core.records import SearchRequest


class RequestReader:
    """Reads what is asked for, for every operation that searches."""

    def __init__(self, gateway: Gateway) -> None:
        self._settings = gateway.settings.core.search
        self._options = ModeOptions(gateway.pipeline, self._settings.default_mode)
        # Named at once: the pipeline would have to copy each request for it.
        self._fusion = gateway.pipeline.default_fusion

    def read(self, body: SearchBody) -> SearchRequest:
        """Give the request.

        Raises:
            ValidationFailed: naming every member that is wrong.
        """
        options = self._options.read(body) if body.hybrid is not None else None
        return read_request(body, self._settings, options, self._fusion)
