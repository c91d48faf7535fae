"""The public names of `nodehttp.net`."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from nodehttp import net
from nodestream._names import node_names_of
from nodestream._options import snake_case

EXPORTS = """
    BlockList BoundSocket Server Socket SocketAddress Stream connect createConnection createServer create_connection
    create_server getDefaultAutoSelectFamily getDefaultAutoSelectFamilyAttemptTimeout get_default_auto_select_family
    get_default_auto_select_family_attempt_timeout isIP isIPv4 isIPv6 is_ip is_ipv4 is_ipv6 setDefaultAutoSelectFamily
    setDefaultAutoSelectFamilyAttemptTimeout set_default_auto_select_family
    set_default_auto_select_family_attempt_timeout
    """


def test_the_module_exports_exactly_this() -> None:
    assert sorted(net.__all__) == sorted(EXPORTS.split())
    assert all(hasattr(net, name) for name in net.__all__)


def test_a_function_is_the_same_object_in_both_spellings() -> None:
    camel = [key for key in net.__all__ if not inspect.isclass(getattr(net, key)) and snake_case(key) != key]
    assert camel
    for key in camel:
        snake = {"isIP": "is_ip", "isIPv4": "is_ipv4", "isIPv6": "is_ipv6"}.get(key) or snake_case(key)
        assert getattr(net, key) is getattr(net, snake)
    assert net.Stream is net.Socket


@pytest.mark.parametrize("cls", [net.Socket, net.Server, net.BlockList, net.SocketAddress])
def test_every_name_of_a_class_is_one_attribute_in_both_spellings(cls: Any) -> None:
    for camel, snake in node_names_of(cls).items():
        if hasattr(cls, snake):
            assert getattr(cls, camel) == getattr(cls, snake), camel


def test_the_old_name_of_connecting_is_there() -> None:
    socket = net.Socket()
    assert socket._connecting is socket.connecting is False
