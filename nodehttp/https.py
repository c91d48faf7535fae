"""HTTP over TLS: `create_server`, `request`, `get`, `Agent`.

Node: node:https; `https.global_agent` may be read and assigned, in both spellings.
"""

from __future__ import annotations

from ._https_agent import Agent as Agent
from ._https_client import get as get
from ._https_client import request as request
from ._https_module import HttpsModule as _HttpsModule
from ._https_server import Server as Server
from ._https_server import create_server as create_server

# What is looked up each time; see _https_module.py.
global_agent: Agent
globalAgent: Agent

createServer = create_server

_HttpsModule.take_over(__name__)
