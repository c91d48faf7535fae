"""A module whose `global_agent` may be read and assigned, in both spellings.

Node: http.globalAgent, https.globalAgent
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, ClassVar


class AgentModule(ModuleType):
    """A module with attributes that are looked up each time."""

    _get_agent: ClassVar[staticmethod[[], Any]]
    _set_agent: ClassVar[staticmethod[[Any], None]]

    @property
    def global_agent(self) -> Any:
        """The agent of requests that name none. Node: http.globalAgent, https.globalAgent"""
        return self._get_agent()

    @global_agent.setter
    def global_agent(self, agent: Any) -> None:
        self._set_agent(agent)

    globalAgent = global_agent

    @classmethod
    def take_over(cls, name: str) -> None:
        """Make the module of this name one of this kind."""
        sys.modules[name].__class__ = cls
