"""The Python side of the bridge: a process beside Node that runs this library for JavaScript.

Which file has what:

    _guest.py       the event loop, run by Node's: nothing here runs but in a call that JavaScript makes
    _channel.py     requests and replies over one pair of pipes, nested to any depth
    _values.py      values as they cross
    _buffers.py     which of JavaScript's kinds bytes are
    _proxies.py     JavaScript's objects, functions, errors, promises and iterators, as Python sees them
    _subclasses.py  objects that JavaScript made: subclasses whose overridden methods call into JavaScript
    _reflection.py  what a facade needs to know of a class
    _calling.py     JavaScript's rules for arguments
    _nothing.py     which of JavaScript's two a None is
    _nothing_values.py  where these two are values of their own
    _modules.py     which of Node's modules is which of ours
    _service.py     what JavaScript can ask for
"""
