"""Scripts: what a client or a server of HTTP does, step by step, as a table says, and every event that follows from it.

A table is a JSON file beside the scenarios that it is made into, on both sides alike. It has

- `scripts`, by name;
- `products`: each phase, with each act put in the place of its step `["act"]`, is a script;
- `tables`: of messages that are made by hand; each phase of each kind is a scenario, with all acts one after the other.

A script says which `side` is under test ("client", "server", the same two with "net_" in front for bare sockets, or
"hand" for a message on a socket that is none), the
`options` of the server or how to `make` the message, what to do `on` an event (`{"res data": [step, ...]}`), which
events nobody listens to (`deaf`), and the `steps`. Everything on stage has a name: `server`, `socket`, `req`, `res`,
`agent`, `peer`; the second of a kind is `req2`, and `last_req` is the last one. `listened.json` tells the events that
are listened to, whom they bring on stage, and the properties by which a message tells its state.

A step is a list: a verb of `_verbs.py` or `_play.py`, or the name of a method (`["res.write", "a"]`), whose result is
written down. What JSON cannot hold is in `_values.py`: `{"$error": "message"}`.
"""
