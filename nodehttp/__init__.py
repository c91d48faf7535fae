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
from ._headers import validate_header_name as validate_header_name
from ._headers import validate_header_value as validate_header_value
from ._incoming import IncomingMessage as IncomingMessage
from ._module import HttpModule as _HttpModule
from ._module import max_header_size as max_header_size
from ._outgoing import OutgoingMessage as OutgoingMessage
from ._response import ServerResponse as ServerResponse
from ._server import Server as Server
from ._server import create_server as create_server
from ._version import __version__ as __version__

createServer = create_server
maxHeaderSize = max_header_size
validateHeaderName = validate_header_name
validateHeaderValue = validate_header_value

_HttpModule.take_over(__name__)
