"""URLs as requests and responses have them: absolute, as the standard writes them.

Standard: URL, section 4. Node: new URL(text).href
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import ParseResult, SplitResult, quote

from nodestream._js_string import js_string
from nodestream.errors import ERR_INVALID_URL

from .._url import url_to_options
from ._errors import FetchTypeError

# URL, section 1.3: what the C0 control, the query and the fragment percent-encode set leave as it is.
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_IN_QUERY = _PRINTABLE.translate(dict.fromkeys(map(ord, ' "#<>')))
_IN_FRAGMENT = _PRINTABLE.translate(dict.fromkeys(map(ord, ' "<>`')))

_WITH_CREDENTIALS = re.compile("[^:/]*://[^/]*@")


def url_text(value: Any) -> str:
    """A URL as it was given: what is neither a string nor of `urllib.parse` counts as what it is shown as."""
    return value.geturl() if isinstance(value, (ParseResult, SplitResult)) else js_string(value)


def href_of(text: str) -> str:
    """An absolute URL as it is written. Raises ERR_INVALID_URL.

    Of a scheme whose URLs have no authority by rule, the path is not looked into.
    """
    options = url_to_options(text)
    href = str(options["href"])
    if "search" in options:
        return href
    protocol, _, rest = href.partition(":")
    before, hash_sign, fragment = rest.partition("#")
    path, question_mark, query = before.partition("?")
    if path.endswith(" ") and (question_mark or hash_sign):
        path = f"{path[:-1]}%20"  # so that the path stays as it is when what follows is taken away
    return (
        f"{protocol.lower()}:{quote(path, safe=_PRINTABLE)}{question_mark}{quote(query, safe=_IN_QUERY)}"
        f"{hash_sign}{quote(fragment, safe=_IN_FRAGMENT)}"
    )


def parsed_url(text: str) -> str:
    """As `href_of`, for what a user has given. Raises a TypeError because of ERR_INVALID_URL."""
    try:
        return href_of(text)
    except ERR_INVALID_URL as error:
        raise FetchTypeError(f"Failed to parse URL from {text}", error) from error


def has_credentials(href: str) -> bool:
    """Whether a URL that was parsed has a user or a password."""
    return _WITH_CREDENTIALS.match(href) is not None


def without_fragment(href: str) -> str:
    """A URL that was parsed, without what comes after "#"."""
    return href.partition("#")[0]
