"""The life of an agent's sockets: who gets one, who waits, and what becomes of those that are idle."""

from compliance.scripts._tables import scripted

scenarios = scripted("http_agent_life")
