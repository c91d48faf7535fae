"""Flags of Node's command line that change what its modules do by default, as this library's users say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import nodehttp
from nodehttp import net


def _set_max_header_size(value: str) -> None:
    nodehttp.max_header_size = int(value)


def _set_insecure_parser(_: str) -> None:
    nodehttp.insecure_http_parser = True


def _set_attempt_timeout(value: str) -> None:
    net.set_default_auto_select_family_attempt_timeout(int(value))


def _try_one_address(_: str) -> None:
    net.set_default_auto_select_family(False)


FLAGS: dict[str, Callable[[str], object]] = {
    "--insecure-http-parser": _set_insecure_parser,
    "--max-http-header-size": _set_max_header_size,
    "--network-family-autoselection-attempt-timeout": _set_attempt_timeout,
    "--no-network-family-autoselection": _try_one_address,
}


def obey(arguments: Iterable[str]) -> None:
    """Do what the flags among the arguments of a command line say."""
    for argument in arguments:
        flag, _, value = argument.partition("=")
        if flag in FLAGS:
            FLAGS[flag](value)
