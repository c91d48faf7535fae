"""Every method of a message that is sent, in every phase of its life, on sockets that are none."""

from compliance.scripts._tables import scripted

scenarios = scripted("http_messages")
