"""What each piece of work may cost: `python -m bench.budget` measures it and compares it with what is recorded.

| question | file |
|---|---|
| what is measured | `_work.py`; whom a server or a client talks to there: `_other_end.py` |
| how a cost is found that holds on any machine | `_cost.py`; a process for each piece of work: `_measuring.py` |
| what was recorded; what is too much | `recorded.json`, `_recorded.py`; `_check.py` |
"""
