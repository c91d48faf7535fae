"""What the kernel is told about a connection: when to send, whether to probe it, how to mark its packets.

What is asked for before there is a connection is told when there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from nodestream._names import node_name
from nodestream._options import normalized
from nodestream.errors import ERR_INVALID_ARG_TYPE, system_error

from ._net_checks import checked_integer, checked_number, whole_seconds
from ._net_endpoints import Endpoints

S = TypeVar("S", bound="Tuning")

_KEEP_ALIVE_OPTIONS = frozenset({"count", "enable", "initial_delay", "interval"})
_LARGEST_TYPE_OF_SERVICE = 255


class KeepAlive(NamedTuple):
    """How an idle connection is probed; delay and interval are seconds."""

    enable: bool = False
    delay: int = 0
    interval: int | None = None
    probes: int | None = None


def checked_initial_delay(options: Mapping[str, Any]) -> int:
    """The option `keep_alive_initial_delay` (milliseconds), in seconds. Raises ERR_INVALID_ARG_TYPE."""
    delay = checked_number(options.get("keep_alive_initial_delay", 0), "options.keepAliveInitialDelay")
    return whole_seconds(max(0, delay))


class Tuning(Endpoints):
    """The part of a Socket that tells the kernel how to treat it."""

    _no_delay: bool = False
    _keep_alive: KeepAlive = KeepAlive()
    _keep_alive_given: tuple[Any, ...] | None = None
    _type_of_service: int | None = None

    def _begin_tuning(self, options: Mapping[str, Any]) -> None:
        """Take the options of a new socket."""
        if options.get("no_delay"):
            self._no_delay = True
        delay = checked_initial_delay(options) if "keep_alive_initial_delay" in options else 0
        if options.get("keep_alive"):
            self._keep_alive = KeepAlive(True, delay)
        tos = options.get("type_of_service")
        if tos is not None:
            self._type_of_service = checked_integer(tos, "options.typeOfService", 0, _LARGEST_TYPE_OF_SERVICE)

    def _tune(self) -> None:
        """Tell the kernel, now that there is a connection."""
        channel = self._channel
        if channel is None:
            return
        if self._no_delay:
            channel.set_no_delay(True)
        if self._keep_alive.enable:
            channel.set_keep_alive(*self._keep_alive)
        if self._type_of_service is not None and channel.is_tcp:
            try:
                channel.set_type_of_service(self._type_of_service)
            except OSError as error:
                self.emit("error", system_error(error, "setTypeOfService"))

    def set_no_delay(self: S, no_delay: bool = True) -> S:
        """Send small writes at once, instead of waiting for more to send (TCP). Node: socket.setNoDelay"""
        no_delay = bool(no_delay)
        if self._channel is not None and no_delay != self._no_delay:
            self._channel.set_no_delay(no_delay)
        self._no_delay = no_delay
        return self

    setNoDelay = node_name(set_no_delay)

    def set_keep_alive(
        self: S,
        enable: bool | Mapping[str, Any] = False,
        initial_delay: float = 0,
        interval: float | None = None,
        count: int | None = None,
    ) -> S:
        """Let the kernel probe the connection when it is idle (TCP).

        Args:
            enable: whether; or a mapping of all four.
            initial_delay: milliseconds without traffic before the first probe; 0 for the system's.
            interval: milliseconds between probes (1000).
            count: how many may stay unanswered (10).

        Node: socket.setKeepAlive
        """
        if (enable, initial_delay, interval, count) == self._keep_alive_given:
            return self  # an agent says the same after each request
        if isinstance(enable, Mapping):
            given = normalized(_KEEP_ALIVE_OPTIONS, enable, {}, "set_keep_alive")
            return self.set_keep_alive(
                given.get("enable", False), given.get("initial_delay", 0), given.get("interval"), given.get("count")
            )
        self._keep_alive_given = (enable, initial_delay, interval, count)
        seconds = None if interval is None else whole_seconds(interval)
        wanted = KeepAlive(bool(enable), whole_seconds(initial_delay), seconds, count)
        has_changed = wanted.enable != self._keep_alive.enable or (wanted.enable and wanted != self._keep_alive)
        self._keep_alive = wanted
        if self._channel is not None and has_changed:
            self._channel.set_keep_alive(*wanted)
        return self

    setKeepAlive = node_name(set_keep_alive)

    def set_type_of_service(self: S, tos: int) -> S:
        """Mark the packets that are sent: the byte of IPv4's TOS or IPv6's traffic class, 0 to 255 (TCP).

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, and what the system says. Node: socket.setTypeOfService
        """
        if tos != tos:
            raise ERR_INVALID_ARG_TYPE("tos", "of type number", tos)
        tos = checked_integer(tos, "tos", 0, _LARGEST_TYPE_OF_SERVICE)
        channel = self._channel
        if channel is not None and channel.is_tcp and tos != self._type_of_service:
            try:
                channel.set_type_of_service(tos)
            except OSError as error:
                raise system_error(error, "setTypeOfService") from error
        self._type_of_service = tos
        return self

    setTypeOfService = node_name(set_type_of_service)

    def get_type_of_service(self) -> int:
        """How packets are marked: by the kernel's own account while there is a connection.

        Raises what the system says. Node: socket.getTypeOfService
        """
        channel = self._channel
        if channel is None or not channel.is_tcp:
            return self._type_of_service or 0
        try:
            return channel.type_of_service()
        except OSError as error:
            raise system_error(error, "getTypeOfService") from error

    getTypeOfService = node_name(get_type_of_service)
