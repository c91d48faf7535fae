"""Every name that Node's http and net have is here too, in both spellings. Node itself is asked for the names.

https and tls are a table of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import nodehttp
from nodehttp import https, net, tls
from nodestream import Duplex
from nodestream.loop import run
from tests import public_names

OTHERWISE = {
    "[Symbol.asyncDispose]": "__aexit__",
    "[Symbol.dispose]": "__exit__",
    "[nodejs.rejection]": "capture_rejection",
}
"""What has another name because Node's cannot be one here."""

SPELLED = {"isIPv4": "is_ipv4", "isIPv6": "is_ipv6"}
"""Functions whose Python spelling is not the one that the rule gives."""

OTHER_NAMES = {"connection": "socket", "client": "socket"}
"""Names that Node has twice: the second one is an alias of ours too."""

PLAIN = {"bytesRead": "counted at each read, where a property would cost more than the addition"}
"""What cannot be set in Node and can be here, and why."""

NO_NAME = {
    "[nodejs.util.inspect.custom]": "repr()",
    "parser": "internal: the object of Node's C++ that parses",
    "upgradeOrConnect": "internal: that the socket was given away, which `upgrade` and `connect` tell",
}
"""What has no counterpart, and why."""

NO_MODULE_NAME = {
    ("http", "CloseEvent"): "of the web's WebSocket, which Node's http only hands on",
    ("http", "MessageEvent"): "of the web's WebSocket, which Node's http only hands on",
    ("http", "WebSocket"): "one of the web's globals, which Node's http only hands on",
}
"""What the modules do not have, and why."""


KEPT_OPTIONS = (
    *("ca", "cert", "certificateCompression", "ciphers", "clientCertEngine", "crl", "dhparam", "ecdhCurve"),
    *("honorCipherOrder", "key", "maxVersion", "minVersion", "passphrase", "pfx", "privateKeyEngine"),
    *("privateKeyIdentifier", "rejectUnauthorized", "requestCert", "secureOptions", "secureProtocol"),
    *("sessionIdContext", "sigalgs"),
)
"""Options of a server of TLS, which Node keeps as properties that it does not document."""

NOT_YET_OF_TLS = (
    *("enableTrace", "exportKeyingMaterial", "getEphemeralKeyInfo", "getFinished", "getPeerFinished"),
    *("getPeerX509Certificate", "getSharedSigalgs", "getTLSTicket", "getX509Certificate", "setKeyCert", "ssl"),
)
"""What is held against ours as soon as it is there."""


@dataclass(frozen=True)
class Group:
    """A group of compliance/public_names.mjs, and what of ours it is held against."""

    node: Any
    modules: Mapping[str, Any]
    classes: Mapping[str, type]
    make: Mapping[str, Callable[[], Any]]


def _group(name: str, modules: Mapping[str, Any], classes: Mapping[str, type], **make: Callable[[], Any]) -> Group:
    return Group(public_names.names_in_node(name), modules, classes, {**classes, **make})


def _http() -> Group:
    return _group(
        "http",
        {"http": nodehttp, "net": net},
        {
            "Agent": nodehttp.Agent,
            "BlockList": net.BlockList,
            "BoundSocket": net.BoundSocket,
            "ClientRequest": nodehttp.ClientRequest,
            "IncomingMessage": nodehttp.IncomingMessage,
            "NetServer": net.Server,
            "OutgoingMessage": nodehttp.OutgoingMessage,
            "Server": nodehttp.Server,
            "ServerResponse": nodehttp.ServerResponse,
            "Socket": net.Socket,
            "SocketAddress": net.SocketAddress,
        },
        ClientRequest=lambda: nodehttp.ClientRequest(create_connection=lambda *_: Duplex()).on("error", lambda _: None),
        ServerResponse=lambda: nodehttp.ServerResponse(nodehttp.IncomingMessage()),
    )


def _https() -> Group:
    classes = {
        "HttpsAgent": https.Agent,
        "HttpsServer": https.Server,
        "TLSServer": tls.Server,
        "TLSSocket": tls.TLSSocket,
    }
    return _group("https", {"https": https, "tls": tls}, classes)


GROUPS = [_http(), _https()]


def _is_wanted(name: str) -> bool:
    """Symbols that are not exported are Node's own, and so are names with an underscore."""
    if name in NOT_YET_OF_TLS:
        return hasattr(tls, name) or hasattr(tls.TLSSocket, name)
    without = {*NO_NAME, *PLAIN, *OTHER_NAMES, *KEPT_OPTIONS}
    return name not in without and not name.startswith(("_", "[k", "[messaging_"))


def _of_each_group(what: Callable[[Group], list[Any]]) -> list[Any]:
    return [pytest.param(group, *each.values, id=each.id) for group in GROUPS for each in what(group)]


EXPORTS = _of_each_group(lambda group: public_names.exports(group.node, _is_wanted, NO_MODULE_NAME))
STATICS = _of_each_group(lambda group: public_names.statics(group.node, group.classes, _is_wanted))
MEMBERS = _of_each_group(lambda group: public_names.members(group.node, group.classes, _is_wanted))
OWN = _of_each_group(lambda group: public_names.own_properties(group.node, group.classes, _is_wanted))


@pytest.mark.parametrize(("group", "module", "name"), EXPORTS)
def test_a_module_has_each_name_of_nodes_in_both_spellings(group: Group, module: str, name: str) -> None:
    public_names.check_export(group.modules[module], name, SPELLED)


@pytest.mark.parametrize(("_group", "cls", "name"), STATICS)
def test_a_class_has_each_static_name_of_nodes_in_both_spellings(_group: Group, cls: type, name: str) -> None:
    public_names.check_static(cls, name, {})


@pytest.mark.parametrize(("_group", "cls", "name", "kind"), MEMBERS)
def test_an_instance_has_each_name_of_nodes_as_one_attribute(_group: Group, cls: Any, name: str, kind: str) -> None:
    public_names.check_member(cls, name, kind, OTHERWISE)


@pytest.mark.parametrize(("group", "cls", "name"), OWN)
def test_a_new_instance_has_each_property_of_nodes(group: Group, cls: str, name: str) -> None:
    def main() -> None:
        public_names.check_own(group.make[cls](), name)

    run(main)


@pytest.mark.parametrize("make", [nodehttp.IncomingMessage, nodehttp.OutgoingMessage], ids=lambda cls: cls.__name__)
def test_what_has_two_names_is_one_attribute(make: Callable[[], Any]) -> None:
    def main() -> None:
        message, socket = make(), Duplex()
        for name in OTHER_NAMES:
            if hasattr(message, name):
                setattr(message, name, socket)
                assert message.socket is socket
        assert message.connection is socket

    run(main)


def test_what_is_said_to_have_no_counterpart_has_none() -> None:
    for group in GROUPS:
        for cls in group.classes.values():
            for name in NO_NAME:
                assert not hasattr(cls, name)
        for module, name in NO_MODULE_NAME:
            assert not hasattr(group.modules.get(module), name)


def test_each_reason_is_about_a_name_that_node_has() -> None:
    listed = {
        *OTHERWISE,
        *SPELLED,
        *OTHER_NAMES,
        *PLAIN,
        *NO_NAME,
        *KEPT_OPTIONS,
        *(name for _, name in NO_MODULE_NAME),
    }
    assert listed <= set().union(*(public_names.all_names(group.node) for group in GROUPS))
