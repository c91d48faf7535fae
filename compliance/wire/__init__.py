"""Random exchanges: bytes thrown at a server (and at a client), made by Hypothesis, run by Node and by this library.

A *case* is a program in the sense of `compliance/programs`, which runs, compares, shrinks and keeps them. What one
consists of is told in the file that makes it: `_requests.py` for those that a server receives, `_responses.py` for
those that a client does.

The other end of the connection is no HTTP at all (`_transport.py`, and its twin `transport.mjs`): it sends the case's
pieces, each of which arrives as one read, and gathers the bytes that come back.
"""
