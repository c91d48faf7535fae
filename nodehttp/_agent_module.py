"""A module whose `global_agent` may be read and assigned, in both spellings.

Node: http.globalAgent, https.globalAgent
"""

from __future__ import annotations

from typing import Any, ClassVar

from nodestream._live_module import LiveModule

from ._global_agent import GlobalAgent


class AgentModule(LiveModule):
    """A module with attributes that are looked up each time."""

    _holder: ClassVar[GlobalAgent[Any]]

    @property
    def global_agent(self) -> Any:
        """The agent of requests that name none. Node: http.globalAgent, https.globalAgent"""
        return self._holder.agent

    @global_agent.setter
    def global_agent(self, agent: Any) -> None:
        self._holder.agent = agent

    globalAgent = global_agent
