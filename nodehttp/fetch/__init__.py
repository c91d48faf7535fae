"""The Fetch standard.

Standard: https://fetch.spec.whatwg.org. Node: fetch and its classes, which are globals there
"""

from nodestream._blob import Blob as Blob

from ._file import File as File
from ._form_data import FormData as FormData
from ._headers import Headers as Headers
from ._request import Request as Request
from ._response import Response as Response
from ._urlencoded import URLSearchParams as URLSearchParams
