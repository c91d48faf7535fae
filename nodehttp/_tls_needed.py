"""Packages that are only needed for some things."""

from __future__ import annotations

import importlib
from typing import Any

_PACKAGES = {"cryptography": "cryptography", "OpenSSL": "pyopenssl"}


def needed(module: str, what: str) -> Any:
    """The module, without which there is no `what`. Raises ModuleNotFoundError, which says what to install."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = _PACKAGES[module.partition(".")[0]]
        raise ModuleNotFoundError(f"{what} needs the package {package}: pip install nodehttp[tls]") from error
