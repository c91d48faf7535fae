"""What re-implementations of HTTP get wrong: messages in pipes, pipelines, loops and web streams, and odd ends."""

from compliance.scripts._tables import scripted

scenarios = scripted("http_pitfalls")
