"""Node's streams for Python, on trio.

Node: node:stream; and, for the event loop, `run()` and `open_loop()`.
"""

from . import errors as errors
from . import process as process
from . import promises as promises
from ._duplex import Duplex as Duplex
from ._finished import finished as finished
from ._pipeline import pipeline as pipeline
from ._readable import Readable as Readable
from ._stream import Stream as Stream
from ._transform import PassThrough as PassThrough
from ._transform import Transform as Transform
from ._writable import Writable as Writable
from .events import EventEmitter as EventEmitter
from .loop import open_loop as open_loop
from .loop import run as run
