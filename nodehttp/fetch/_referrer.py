"""What the Referer header tells of where a request comes from.

Referrer Policy, section 8.3: "determine request's referrer"
"""

from __future__ import annotations

from ipaddress import ip_address

from .._url import origin_of, url_to_options, without_userinfo

DEFAULT_POLICY = "strict-origin-when-cross-origin"


def referrer_of(referrer: str, policy: str, url: str) -> str | None:
    """The header for a request to `url`, or None for none.

    Args:
        referrer: the request's referrer: a URL, "about:client" or "".
        policy: a referrer policy, "" for the default.
        url: where the request goes.
    """
    if not referrer.startswith(("http:", "https:")) or policy == "no-referrer":
        return None
    whole = without_userinfo(referrer).partition("#")[0]
    origin = origin_of(whole) + "/"
    is_same = origin_of(whole) == origin_of(url)
    is_downgrade = _is_trustworthy(whole) and not _is_trustworthy(url)
    match policy or DEFAULT_POLICY:
        case "unsafe-url":
            return whole
        case "origin":
            return origin
        case "same-origin":
            return whole if is_same else None
        case "origin-when-cross-origin":
            return whole if is_same else origin
        case "strict-origin":
            return None if is_downgrade else origin
        case "no-referrer-when-downgrade":
            return None if is_downgrade else whole
        case _:
            return whole if is_same else None if is_downgrade else origin


def _is_trustworthy(url: str) -> bool:
    """Secure Contexts, section 3.1: "is origin potentially trustworthy"."""
    if url.startswith("https:"):
        return True
    host = str(url_to_options(url)["hostname"])
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
