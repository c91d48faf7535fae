"""Streams of records over HTTP, as newline-delimited JSON."""

from ._client import RecordClient as RecordClient
from ._config import RecordConfig as RecordConfig
from ._config import RetryConfig as RetryConfig
from ._errors import ERR_RECORDS_CALLER_FAILED as ERR_RECORDS_CALLER_FAILED
from ._errors import ERR_RECORDS_CONTENT_ENCODING as ERR_RECORDS_CONTENT_ENCODING
from ._errors import ERR_RECORDS_CONTENT_TYPE as ERR_RECORDS_CONTENT_TYPE
from ._errors import ERR_RECORDS_INTERRUPTED as ERR_RECORDS_INTERRUPTED
from ._errors import ERR_RECORDS_LINE_TOO_LONG as ERR_RECORDS_LINE_TOO_LONG
from ._errors import ERR_RECORDS_MALFORMED_LINE as ERR_RECORDS_MALFORMED_LINE
from ._errors import ERR_RECORDS_NOT_SERIALIZABLE as ERR_RECORDS_NOT_SERIALIZABLE
from ._errors import ERR_RECORDS_STATUS as ERR_RECORDS_STATUS
from ._errors import ERR_RECORDS_TIMEOUT as ERR_RECORDS_TIMEOUT
from ._errors import Attempt as Attempt
from ._errors import RecordAbortError as RecordAbortError
from ._errors import RecordError as RecordError
from ._parse import parse as parse
from ._record_stream import RecordStream as RecordStream
from ._server import handler as handler
from ._server import respond as respond
from ._stringify import stringify as stringify
