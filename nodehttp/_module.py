"""What the module `nodehttp` itself can do: some of its members may be read and assigned, in both spellings.

Node: http.globalAgent, http.maxHeaderSize
"""

from __future__ import annotations

from ._agent import global_agent
from ._agent_module import AgentModule
from ._defaults import get_insecure_http_parser, get_max_header_size, set_insecure_http_parser, set_max_header_size


class HttpModule(AgentModule):
    """A module with attributes that are looked up each time."""

    _holder = global_agent

    @property
    def max_header_size(self) -> int:
        """Bytes of a head (url, names and values) from which on it is refused, unless an option says otherwise (16384).

        Assigning raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: http.maxHeaderSize, --max-http-header-size
        """
        return get_max_header_size()

    @max_header_size.setter
    def max_header_size(self, size: int) -> None:
        set_max_header_size(size)

    maxHeaderSize = max_header_size

    @property
    def insecure_http_parser(self) -> bool:
        """Whether heads are let pass that break the rules of HTTP, unless an option says otherwise (False).

        Assigning raises ERR_INVALID_ARG_TYPE. Node: --insecure-http-parser
        """
        return get_insecure_http_parser()

    @insecure_http_parser.setter
    def insecure_http_parser(self, value: bool) -> None:
        set_insecure_http_parser(value)

    insecureHTTPParser = insecure_http_parser
