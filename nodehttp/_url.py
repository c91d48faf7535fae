"""URLs as request options: a string, or what `urllib.parse` makes of one.

A URL is read as browsers and Node read it (the WHATWG rules for http and https), which is more forgiving than RFC 3986
in what it takes (`http:\\\\host`, spaces, non-ASCII) and stricter in what it gives: the host is ASCII, the path is
percent-encoded and has no dot segments, a default port is left out.

Node: URL, url.urlToHttpOptions
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from encodings.idna import nameprep
from urllib.parse import ParseResult, SplitResult, quote, unquote, unquote_to_bytes

from nodestream.errors import ERR_INVALID_URL

from ._plain_url import DEFAULT_PORTS, plain_url_to_options

UrlLike = str | ParseResult | SplitResult

# What stays as it is in each part; quote() percent-encodes the rest as UTF-8, and never letters, digits and "_.-~".
_IN_FRAGMENT = "!#$%&'()*+,/:;=?@[\\]^{|}"
_IN_QUERY = "!$%&()*+,/:;=?@[\\]^`{|}"
_IN_PATH = "!$%&'()*+,/:;=@[\\]|"
_IN_USERINFO = "!$%&'()*+,"

_URL = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.\-]*):(?P<rest>[^?#]*)(?P<search>\?[^#]*)?(?P<hash>#.*)?", re.DOTALL)
_USERINFO = re.compile(r"\A([a-zA-Z][a-zA-Z0-9+.\-]*+:[/\\]*+)?.*@", re.DOTALL)
_BLANKS_AROUND = "".join(map(chr, range(0x21)))
_IGNORED_INSIDE = str.maketrans("", "", "\t\n\r")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|\x7f]")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_PORT = re.compile(r"[0-9]+")
_HERE = {".", "%2e"}
_UP = {"..", ".%2e", "%2e.", "%2e%2e"}


def url_to_options_or_none(url: str) -> dict[str, str | int] | None:
    """As `url_to_options`, or None for what is not an absolute URL."""
    try:
        return url_to_options(url)
    except ERR_INVALID_URL:
        return None


def url_to_options(url: UrlLike) -> dict[str, str | int]:
    """What a URL says about a request: `protocol`, `hostname`, `port`, `path`, `auth` and its other parts.

    Raises ERR_INVALID_URL for what is not an absolute URL. Node: url.urlToHttpOptions
    """
    given = url if isinstance(url, str) else url.geturl()
    plain = plain_url_to_options(given)
    if plain is not None:
        return plain
    text = _SURROGATE.sub("\ufffd", given.strip(_BLANKS_AROUND).translate(_IGNORED_INSIDE))
    found = _URL.fullmatch(text)
    if found is None:
        raise ERR_INVALID_URL(given)
    protocol = found["scheme"].lower() + ":"
    if protocol not in DEFAULT_PORTS:
        return {"protocol": protocol, "hostname": "", "path": found["rest"], "href": text}
    try:
        return _from_parts(protocol, found["rest"], found["search"] or "", found["hash"] or "")
    except ValueError:
        raise ERR_INVALID_URL(given) from None


def _from_parts(protocol: str, rest: str, search: str, fragment: str) -> dict[str, str | int]:
    authority, slash, path = rest.replace("\\", "/").lstrip("/").partition("/")
    userinfo, _, location = authority.rpartition("@")
    username, _, password = userinfo.partition(":")
    host, port = _host_and_port(location, protocol)
    pathname = quote(_without_dots(slash + path), _IN_PATH)
    query = "" if search == "?" else quote(search, _IN_QUERY)
    anchor = "" if fragment == "#" else quote(fragment, _IN_FRAGMENT)
    options: dict[str, str | int] = {
        "protocol": protocol,
        "hostname": host.strip("[]"),
        "hash": anchor,
        "search": query,
        "pathname": pathname,
        "path": pathname + query,
        "href": f"{protocol}//{_shown(username, password)}{host}{'' if port is None else f':{port}'}{pathname}"
        + (query or search[:1])
        + (anchor or fragment[:1]),
    }
    if port is not None:
        options["port"] = port
    if username or password:
        options["auth"] = f"{unquote(username)}:{unquote(password)}"
    return options


def _shown(username: str, password: str) -> str:
    if not username and not password:
        return ""
    text = quote(username, _IN_USERINFO)
    return f"{text}:{quote(password, _IN_USERINFO)}@" if password else f"{text}@"


def _host_and_port(location: str, protocol: str) -> tuple[str, int | None]:
    """The host as it is written in a URL, and the port unless it is the scheme's own. Raises ValueError."""
    bracket = location.find("]")
    colon = location.rfind(":") if bracket == -1 else location.find(":", bracket)
    host, digits = (location, "") if colon == -1 else (location[:colon], location[colon + 1 :])
    if not digits:
        return _host(host), None
    if not _PORT.fullmatch(digits) or len(digits.lstrip("0")) > 5 or int(digits) > 65535:
        raise ValueError("port")
    port = int(digits)
    return _host(host), None if port == DEFAULT_PORTS[protocol] else port


def _host(text: str) -> str:
    if text.startswith("["):
        if not text.endswith("]") or "%" in text:
            raise ValueError("IPv6 address")
        return f"[{_shown_ipv6(ipaddress.IPv6Address(text[1:-1]))}]"
    name = ".".join(_ascii_label(label) for label in _DOTS.split(unquote_to_bytes(text).decode("utf8")))
    if not name or _FORBIDDEN_IN_HOST.search(name):
        raise ValueError("host")
    labels = name.split(".")
    if labels[-1] == "" and len(labels) > 1:
        labels.pop()
    if labels[-1].isdecimal() or _NUMBER.fullmatch(labels[-1]):
        return str(ipaddress.IPv4Address(_ipv4(labels)))
    return name


def domain_to_ascii(domain: str) -> str:
    """A domain name as DNS knows it, empty if it cannot be one. Node: url.domainToASCII"""
    try:
        return _host(domain)
    except ValueError:
        return ""


def _shown_ipv6(address: ipaddress.IPv6Address) -> str:
    """Its shortest form, with no part in IPv4 notation (newer Pythons write `::ffff:1.2.3.4`)."""
    text = str(address)
    head, _, tail = text.rpartition(":")
    if "." not in tail:
        return text
    number = int(ipaddress.IPv4Address(tail))
    return f"{head}:{number >> 16:x}:{number & 0xFFFF:x}"


def _ascii_label(label: str) -> str:
    """A label of a domain name as DNS knows it. Raises ValueError for what cannot be one."""
    if label.isascii():
        label = label.lower()
    else:
        nameprep(label)  # raises for characters that no name may have
        label = unicodedata.normalize("NFKC", label.lower()).lower()
        if not label.isascii():
            label = "xn--" + label.encode("punycode").decode("ascii")
    if label.startswith("xn--"):
        decoded = label[4:].encode("ascii").decode("punycode")
        if decoded.isascii() or nameprep(decoded) == "":
            raise ValueError("punycode")
    return label


def _ipv4(labels: list[str]) -> int:
    """The address that up to four decimal, octal (`010`) or hexadecimal (`0x8`) numbers mean. Raises ValueError."""
    if len(labels) > 4 or not all(_NUMBER.fullmatch(label) for label in labels):
        raise ValueError("IPv4 address")
    *firsts, last = [_ipv4_number(label) for label in labels]
    if any(number > 255 for number in firsts) or last >= 256 ** (4 - len(firsts)):
        raise ValueError("IPv4 address")
    return sum(number << (24 - 8 * index) for index, number in enumerate(firsts)) + last


def _ipv4_number(digits: str) -> int:
    if digits[:2] in ("0x", "0X"):
        return int(digits[2:] or "0", 16)
    return int(digits, 8 if digits[0] == "0" and len(digits) > 1 else 10)


def _without_dots(path: str) -> str:
    """The path with `.` and `..` carried out."""
    if not path:
        return "/"
    kept: list[str] = []
    segments = path[1:].split("/")
    for index, segment in enumerate(segments):
        is_last = index == len(segments) - 1
        kind = segment.lower()
        if kind in _UP:
            if kept:
                kept.pop()
        elif kind not in _HERE:
            kept.append(segment)
            continue
        if is_last:
            kept.append("")
    return "/" + "/".join(kept)


# --- parts of a URL in the shape that url_to_options() gives it ---


def authority_of(href: str) -> str:
    """What stands between `//` and the path: userinfo, host and port."""
    return href.partition("//")[2].partition("/")[0]


def with_hidden_userinfo(text: str) -> str:
    """What may be no URL, for a message: with stars for all that could be a user and a password."""
    return _USERINFO.sub(r"\1***@", text, 1)


def without_userinfo(href: str) -> str:
    """The URL without user and password."""
    userinfo, at, _ = authority_of(href).rpartition("@")
    return href.replace(userinfo + at, "", 1) if at else href


def host_of(href: str) -> str:
    """The host, and the port if it is not the scheme's own, as a Host header has them."""
    return authority_of(href).rpartition("@")[2]


def origin_of(href: str) -> str:
    """The scheme, host and port: who the URL's content comes from."""
    return f"{href.partition('//')[0]}//{host_of(href)}"


def resolve(reference: str, base: str) -> dict[str, str | int]:
    """What a URL, which may be relative to the http or https URL `base`, says, as `url_to_options` gives it.

    Raises ERR_INVALID_URL.
    """
    text = reference.strip(_BLANKS_AROUND).translate(_IGNORED_INSIDE)
    found = _URL.fullmatch(text)
    scheme = base.partition(":")[0]
    if found is not None:
        if found["scheme"].lower() != scheme or re.match(r"[\\/]{2}", found["rest"]):
            return url_to_options(text)
        text = text[len(scheme) + 1 :]
    path, mark, rest = _parts_of_relative(text)
    whole, _, _ = base.partition("#")
    without_query, _, _ = whole.partition("?")
    root = f"{scheme}://{authority_of(base)}"
    if path.startswith("//"):
        start = f"{scheme}:"
    elif path.startswith("/"):
        start = root
    elif path:
        start = without_query.rpartition("/")[0] + "/"
    else:
        start = without_query if mark == "?" else whole
    return url_to_options(start + path + mark + rest)


def _parts_of_relative(text: str) -> tuple[str, str, str]:
    """The path with slashes, and what follows it with the mark that it begins with."""
    end = min((at for at in map(text.find, "?#") if at >= 0), default=len(text))
    return text[:end].replace("\\", "/"), text[end : end + 1], text[end + 1 :]
