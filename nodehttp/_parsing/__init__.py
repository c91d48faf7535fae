"""HTTP/1 parsing behind one small interface: `create_parser`, and what it takes and gives."""

from ._engines import chosen_engine as chosen_engine
from ._errors import ParseError as ParseError
from ._factory import create_parser as create_parser
from ._interface import DEFAULT_MAX_HEADER_SIZE as DEFAULT_MAX_HEADER_SIZE
from ._interface import BodyRule as BodyRule
from ._interface import Engine as Engine
from ._interface import Head as Head
from ._interface import Kind as Kind
from ._interface import Parser as Parser
from ._interface import ParserCallbacks as ParserCallbacks
from ._interface import Validation as Validation
