"""Node's own test files, unmodified, run on this library: `python -m compliance.node_suite TESTS`.

Real Node runs each file with a preload that replaces the modules under test by facades of this library, which runs in a
Python process beside it. Which file has what:

    _areas.py       the areas: which files belong to each, what is replaced for them, and what Deno passes
    _command.py     how Node is started for a file
    _process.py     a process group with a time limit, of which nothing stays behind
    _running.py     files, several at a time
    _baseline.py    what the unmodified Node makes of the files: those it fails are left out
    _reasons.py     the lists: EXCLUDED.md and reasons.toml
    _complaint.py   the line of a test's output that says why it failed
    _verdicts.py    what came of each file, and what it adds up to
    _report.py      the table of totals, and RESULTS.md
    _atomic.py      writing a file whole or not at all
    preload/        the facades, in JavaScript
    bridge/         the Python process
"""
