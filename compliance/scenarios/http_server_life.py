"""The life of a request at a server: every event, in order, of server, socket, request and response."""

from compliance.scripts._tables import scripted

scenarios = scripted("http_server_life")
