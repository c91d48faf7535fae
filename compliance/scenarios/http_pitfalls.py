"""What re-implementations of HTTP get wrong: messages in pipes, pipelines, loops and web streams, and ends in odd places."""

from compliance._script import scripted

scenarios = scripted("http_pitfalls")
