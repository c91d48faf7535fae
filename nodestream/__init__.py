"""Node's streams for Python, on trio.

Node: node:stream; and, for the event loop, `run()` and `open_loop()`.
"""

from . import errors as errors
from . import process as process
from . import promises as promises
from ._add_abort_signal import add_abort_signal as add_abort_signal
from ._add_abort_signal import addAbortSignal as addAbortSignal
from ._compose import compose as compose
from ._destroyer import destroy as destroy
from ._duplex import Duplex as Duplex
from ._duplex_pair import duplex_pair as duplex_pair
from ._duplex_pair import duplexPair as duplexPair
from ._finished import finished as finished
from ._legacy import Stream as Stream
from ._options import get_default_high_water_mark as get_default_high_water_mark
from ._options import getDefaultHighWaterMark as getDefaultHighWaterMark
from ._options import set_default_high_water_mark as set_default_high_water_mark
from ._options import setDefaultHighWaterMark as setDefaultHighWaterMark
from ._pipeline import pipeline as pipeline
from ._predicates import is_destroyed as is_destroyed
from ._predicates import is_disturbed as is_disturbed
from ._predicates import is_errored as is_errored
from ._predicates import is_readable as is_readable
from ._predicates import is_writable as is_writable
from ._predicates import isDestroyed as isDestroyed
from ._predicates import isDisturbed as isDisturbed
from ._predicates import isErrored as isErrored
from ._predicates import isReadable as isReadable
from ._predicates import isWritable as isWritable
from ._readable import Readable as Readable
from ._transform import PassThrough as PassThrough
from ._transform import Transform as Transform
from ._writable import Writable as Writable
from .events import EventEmitter as EventEmitter
from .loop import open_loop as open_loop
from .loop import run as run
