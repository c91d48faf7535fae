"""Node's HTTP/1.1 server and client for Python, on trio.

Node: node:http; and, for the event loop, `run()` and `open_loop()`.
"""

from nodestream.loop import open_loop as open_loop
from nodestream.loop import run as run

from . import net as net
from ._agent import Agent as Agent
from ._client import ClientRequest as ClientRequest
from ._client import get as get
from ._client import request as request
from ._constants import METHODS as METHODS
from ._constants import STATUS_CODES as STATUS_CODES
from ._defaults import set_max_idle_http_parsers as set_max_idle_http_parsers
from ._headers import validate_header_name as validate_header_name
from ._headers import validate_header_value as validate_header_value
from ._incoming import IncomingMessage as IncomingMessage
from ._module import HttpModule as _HttpModule
from ._outgoing import OutgoingMessage as OutgoingMessage
from ._proxy_global import set_global_proxy_from_env as set_global_proxy_from_env
from ._response import ServerResponse as ServerResponse
from ._server import Server as Server
from ._server import create_server as create_server
from ._version import __version__ as __version__

# What is looked up each time; see _module.py.
global_agent: Agent
globalAgent: Agent
insecure_http_parser: bool
insecureHTTPParser: bool
max_header_size: int
maxHeaderSize: int

createServer = create_server
setGlobalProxyFromEnv = set_global_proxy_from_env
setMaxIdleHTTPParsers = set_max_idle_http_parsers
validateHeaderName = validate_header_name
validateHeaderValue = validate_header_value

_HttpModule.take_over(__name__)
