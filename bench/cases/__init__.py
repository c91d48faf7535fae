"""All cases, in the order of the results."""

from __future__ import annotations

from collections.abc import Mapping

from bench._case import Case
from bench.cases import client, connections, download, echo, in_process, proxy, requests

_MODULES = (requests, echo, proxy, download, client, connections, in_process)
CASES: Mapping[str, Case] = {case.name: case for module in _MODULES for case in module.CASES}
