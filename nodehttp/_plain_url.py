"""The short cut for URLs that need no repair: what they say is what they are made of.

Nearly every URL of http or https is of this sort: lower case, a host that is a name or four decimal numbers, and a path
and a query in which nothing has to be encoded and no segment begins with a dot or a percent sign. One regular
expression without backtracking says so in linear time. All others go through `_url.py`, which would make the same of
these.
"""

from __future__ import annotations

import re

DEFAULT_PORTS = {"http:": 80, "https:": 443, "ws:": 80, "wss:": 443, "ftp:": 21}
"""The schemes whose URLs have an authority by rule, and the port that each leaves out."""

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN = re.compile(
    rf"(https?:)//((?:{_BYTE}\.){{3}}{_BYTE}|(?>(?!xn--)[a-z0-9][a-z0-9-]*+\.)*+(?!xn--)[a-z][a-z0-9-]*+)"
    r"(?::([1-9][0-9]{0,4}))?"
    r"((?>/(?![.%])[!$%&'()*+,\-.0-:;=@A-Z\[\]_a-z|~]*+)*+)"
    r"(?:(\?[!$%&()*+,\-./0-:;=?@A-Z\[\]^_`a-z{|}~]++))?"
)


def plain_url_to_options(text: str) -> dict[str, str | int] | None:
    """As `url_to_options`, or None if the URL is not plain."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        return None
    protocol, host, digits, path, query = found.groups("")
    port = int(digits or 0)
    if port > 65535:
        return None
    pathname = path or "/"
    is_usual = not port or port == DEFAULT_PORTS[protocol]
    options: dict[str, str | int] = {
        "protocol": protocol,
        "hostname": host,
        "hash": "",
        "search": query,
        "pathname": pathname,
        "path": pathname + query,
        "href": f"{protocol}//{host}{'' if is_usual else f':{port}'}{pathname}{query}",
    }
    if not is_usual:
        options["port"] = port
    return options
