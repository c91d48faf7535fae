"""All cases, in the order of the results."""

from __future__ import annotations

from collections.abc import Mapping

from bench._case import Case
from bench.cases import download, echo, proxy, requests

CASES: Mapping[str, Case] = {case.name: case for case in (*requests.CASES, *echo.CASES, *proxy.CASES, *download.CASES)}
