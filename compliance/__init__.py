"""The oracle: the same scenario run by real Node and by this library, and the two traces compared.

`python -m compliance [AREA ...]` runs it. A scenario is written twice, side by side: `scenarios/<area>.mjs` for Node,
`scenarios/<area>.py` for this library. A difference is a bug, unless `DIFFERENCES.md` lists it with its reason.
"""
