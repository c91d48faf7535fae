"""What a user writes type-checks under `mypy --strict`, and what is wrong is found."""

from __future__ import annotations

import shutil
from pathlib import Path

from mypy import api

SAMPLE = Path(__file__).with_name("typing_sample.py")
ROOT = SAMPLE.parents[2]


def check(file: Path) -> str:
    """What mypy says of a file; the packages' own files are its own test's."""
    config = ["--config-file=", "--strict", "--follow-imports=silent", f"--cache-dir={ROOT / '.mypy_cache' / 'sample'}"]
    output, complaints, _status = api.run([*config, str(file)])
    assert not complaints
    return output


def test_a_user_s_program_type_checks() -> None:
    assert check(SAMPLE) == "Success: no issues found in 1 source file\n"


def test_a_wrong_argument_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    shutil.copy(SAMPLE, wrong)
    with wrong.open("a") as file:
        file.write('\nReadable.from_trio("no stream")\nPassThrough().end(encoding=5)\n')
    assert check(wrong).count("[arg-type]") == 2
