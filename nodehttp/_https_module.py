"""What the module `nodehttp.https` itself can do.

Node: https.globalAgent
"""

from __future__ import annotations

from ._agent_module import AgentModule
from ._https_agent import get_global_agent, set_global_agent


class HttpsModule(AgentModule):
    """A module whose agent is looked up each time."""

    _get_agent = staticmethod(get_global_agent)
    _set_agent = staticmethod(set_global_agent)
