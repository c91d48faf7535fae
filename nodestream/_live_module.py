"""A module some of whose members are looked up each time, and may be assigned."""

from __future__ import annotations

import sys
from types import ModuleType


class LiveModule(ModuleType):
    """The class of such a module; its properties are those members."""

    @classmethod
    def take_over(cls, name: str) -> None:
        """Make the module of this name one of this kind."""
        sys.modules[name].__class__ = cls
