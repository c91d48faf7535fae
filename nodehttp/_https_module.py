"""What the module `nodehttp.https` itself can do.

Node: https.globalAgent
"""

from __future__ import annotations

from ._agent_module import AgentModule
from ._https_agent import global_agent


class HttpsModule(AgentModule):
    """A module whose agent is looked up each time."""

    _holder = global_agent
