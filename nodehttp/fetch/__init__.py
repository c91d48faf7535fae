"""The Fetch standard.

Standard: https://fetch.spec.whatwg.org. Node: fetch and its classes, which are globals there
"""

from nodestream._blob import Blob as Blob
from nodestream.errors import FormError as FormError

from ._blob_url import create_object_url as create_object_url
from ._blob_url import createObjectURL as createObjectURL
from ._blob_url import resolve_object_url as resolve_object_url
from ._blob_url import resolveObjectURL as resolveObjectURL
from ._blob_url import revoke_object_url as revoke_object_url
from ._blob_url import revokeObjectURL as revokeObjectURL
from ._fetching import fetch as fetch
from ._file import File as File
from ._form_data import FormData as FormData
from ._form_reading import FormPart as FormPart
from ._form_reading import FormParts as FormParts
from ._form_reading import form_parts as form_parts
from ._form_reading import read_form as read_form
from ._headers import Headers as Headers
from ._request import Request as Request
from ._response import Response as Response
from ._urlencoded import URLSearchParams as URLSearchParams
