"""The life of a bare connection, on either side: every event, in order, and every property of the socket."""

from compliance.scripts._tables import scripted

scenarios = scripted("net_life")
