"""Random programs: sequences of operations that Node and this library both run, traces compared.

A *family* is one kind of program: a Hypothesis strategy that makes them, an interpreter in Python, its twin in
JavaScript, and a function that tells what a program makes use of (`_family.py`). The families of streams and emitters
are in `_families.py`, those of HTTP in `compliance/wire`.

A program of the family `streams` is JSON:

    streams: one to four streams, each `{"type", "options", "construct", "destroy", "reads", "ends", "writes", "writev",
        "final", "transforms", "flush", "signal"}`: its class, the options of its constructor, and how its hooks behave.
        `reads` is a list of [when, chunks to push], after which it `ends` or gives nothing more; `writes` one of
        outcomes; `transforms` one of [outcome, chunks to push, value of the callback]; the hooks that are null are not
        there. `signal`: it gets an AbortSignal.
    composed: lists of streams that `compose()` makes one more stream of.
    steps: a list of [when the next step comes, operation].
    reactions: a list of [label, n, operation]: what to do when the event, hook or callback comes for the nth time.

An operation is [name, stream, argument, ...]; a stream is its number. An outcome is [when, what]: when a hook calls
back ("sync", "tick" or "immediate") and what it says then ("ok", "error", "throw", "twice", "never"). A chunk is
["bytes", hex], ["value", anything] or ["null"].

What a program of the family `web` is: see `_web.py`; of the other families: at the head of theirs.

A program that once differed is kept in `kept/`, and is run each time.
"""
