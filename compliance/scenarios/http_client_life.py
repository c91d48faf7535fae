"""The life of a request at a client: every event, in order, of request, response, socket and agent."""

from compliance.scripts._tables import scripted

scenarios = scripted("http_client_life")
