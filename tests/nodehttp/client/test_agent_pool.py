"""What an agent's pool decides: rules 1 to 5 of `_agent_pool.py`, with nothing but names in the tables."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from nodehttp._agent_pool import Open, Pool, Reuse, Wait
from nodehttp._options import Options


class Thing:
    """A socket or a request, as far as a pool is concerned."""

    destroyed = False

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def pool_of(**rules: Any) -> Pool:
    default = {"max_sockets": math.inf, "max_total_sockets": math.inf, "max_free_sockets": 256, "scheduling": "lifo"}
    return Pool(SimpleNamespace(**{**default, **rules}))


def things(names: str) -> Any:
    return [Thing(name) for name in names.split()]


def idle_pool(*sockets: Any, name: str = "h", **rules: Any) -> Pool:
    pool = pool_of(**rules)
    for socket in sockets:
        pool.add(name, socket)
        pool.become_idle(name, socket)
    return pool


def test_a_socket_is_opened_when_none_is_idle() -> None:
    pool = pool_of()
    (request,) = things("request")
    assert pool.place("h", request, Options()) == Open()
    assert pool.requests == {}


@pytest.mark.parametrize(("scheduling", "expected"), [("lifo", "c b a"), ("fifo", "a b c")])
def test_idle_sockets_are_used_in_the_order_of_the_schedule(scheduling: str, expected: str) -> None:
    pool = idle_pool(*things("a b c"), scheduling=scheduling)
    used = [pool.place("h", request, Options()) for request in things("1 2 3")]
    assert [decision.socket.name for decision in used if isinstance(decision, Reuse)] == expected.split()
    assert pool.free_sockets == {}
    assert len(pool.sockets["h"]) == 3


def test_a_socket_that_died_while_idle_is_passed_over() -> None:
    a, b = things("a b")
    pool = idle_pool(a, b)
    b.destroyed = True
    assert pool.place("h", things("1")[0], Options()) == Reuse(a)


def test_idle_sockets_of_another_name_are_not_used() -> None:
    pool = idle_pool(*things("a"))
    assert pool.place("other", things("1")[0], Options()) == Open()


def test_requests_beyond_max_sockets_wait_in_order() -> None:
    pool = pool_of(max_sockets=1)
    (socket,) = things("socket")
    pool.add("h", socket)
    first, second = things("1 2")
    assert pool.place("h", first, Options()) == Wait()
    assert pool.place("h", second, Options()) == Wait()
    assert pool.requests == {"h": [first, second]}
    assert [pool.next_waiting("h"), pool.next_waiting("h"), pool.next_waiting("h")] == [first, second, None]
    assert pool.requests == {}


def test_max_sockets_counts_each_name_by_itself() -> None:
    pool = pool_of(max_sockets=1)
    pool.add("h", things("socket")[0])
    assert pool.place("other", things("1")[0], Options()) == Open()


def test_max_total_sockets_counts_all_names() -> None:
    pool = pool_of(max_total_sockets=1)
    pool.add("h", things("socket")[0])
    assert pool.place("other", things("1")[0], Options()) == Wait()


def test_an_idle_socket_of_another_name_gives_way_to_max_total_sockets() -> None:
    a, b = things("a b")
    pool = idle_pool(a, b, max_total_sockets=2)
    assert pool.place("other", things("1")[0], Options()) == Open(instead_of=a)
    assert pool.total == 1
    assert pool.free_sockets == {"h": [b]}


def test_no_socket_becomes_idle_while_another_name_waits_for_its_place() -> None:
    pool = pool_of(max_total_sockets=1)
    (socket,) = things("socket")
    pool.add("h", socket)
    assert pool.may_become_idle("h")
    waiting, options = things("1")[0], Options({"host": "other"})
    pool.place("other", waiting, options)
    assert not pool.may_become_idle("h")
    pool.forget(socket)
    assert pool.wanted_after("h") == (waiting, options)
    assert pool.wanted_after("h") is None


def test_a_place_goes_to_the_same_name_first() -> None:
    pool = pool_of(max_total_sockets=1)
    (socket,) = things("socket")
    pool.add("h", socket)
    for name, request in zip(("other", "h"), things("1 2"), strict=True):
        pool.place(name, request, Options())
    pool.forget(socket)
    assert pool.wanted_after("h")[0].name == "2"
    assert pool.wanted_after("h")[0].name == "1"


def test_a_name_that_is_full_does_not_keep_others_waiting() -> None:
    pool = pool_of(max_total_sockets=2, max_sockets=1)
    a, b = things("a b")
    pool.add("a", a)
    pool.add("b", b)
    for name, request in zip(("a", "c"), things("1 2"), strict=True):
        pool.place(name, request, Options())
    pool.forget(b)
    assert pool.wanted_after("b")[0].name == "2"


def test_no_more_than_max_free_sockets_become_idle() -> None:
    pool = idle_pool(*things("a b"), max_free_sockets=2)
    pool.add("h", things("c")[0])
    assert not pool.may_become_idle("h")
    assert pool.may_become_idle("other")


def test_lowering_max_sockets_lets_superfluous_ones_go() -> None:
    pool = idle_pool(*things("a"))
    pool.add("h", things("b")[0])
    assert pool.may_become_idle("h")
    pool._rules.max_sockets = 1
    assert not pool.may_become_idle("h")


def test_forgetting_leaves_nothing_behind() -> None:
    a, b, request = things("a b request")
    pool = idle_pool(a, max_sockets=1)
    pool.add("h", b)
    pool.place("h", request, Options())
    pool.place("h", request, Options())
    for socket in (a, b, a):
        pool.forget(socket)
    pool.withdraw("h", request)
    pool.withdraw("h", request)
    assert (pool.total, pool.sockets, pool.free_sockets, pool.requests) == (0, {}, {}, {})
    assert pool.wanted_after("h") is None
