"""examples/records.py: a service of records, a site that forwards them, and a client."""

from __future__ import annotations

import json
import sys

from tests.examples.support import EXAMPLES, Start, ask, failure_of, output_of

PROGRAM = EXAMPLES / "records.py"
NOBODY = "http://127.0.0.1:1"


def test_the_client_gets_a_score_for_each_person(start: Start) -> None:
    service = start(sys.executable, PROGRAM, "service")
    output, complaints = output_of("records.py", "client", service, "500")
    assert (output, complaints) == ("500 scores for 500 people; the best is person 321\n", "")


def test_the_site_forwards_to_the_service_and_back(start: Start) -> None:
    service = start(sys.executable, PROGRAM, "service")
    site = start(sys.executable, PROGRAM, "site", UPSTREAM=service)
    assert output_of("records.py", "client", site, "500") == output_of("records.py", "client", service, "500")
    status, _, headers, content = ask(site, "GET", "/best")
    scores = [json.loads(line)["score"] for line in content.splitlines()]
    assert (status, ("Content-Type", "application/x-ndjson") in headers) == (200, True)
    assert sorted(scores) == sorted(score for score in (number * 7919 % 1000 for number in range(100)) if score >= 900)


def test_a_dataset_is_streamed(start: Start) -> None:
    service = start(sys.executable, PROGRAM, "service")
    status, _, _, content = ask(service, "GET", "/people?count=20000")
    assert status == 200
    assert [json.loads(line)["id"] for line in content.splitlines()] == [*range(20_000)]
    assert ask(service, "GET", "/nowhere")[0] == 404


def test_what_goes_wrong_is_told(start: Start) -> None:
    site = start(sys.executable, PROGRAM, "site", UPSTREAM=NOBODY)
    status, _, _, content = ask(site, "POST", "/scores", b'{"id":1}\n')
    assert (status, "error" in json.loads(content)) == (500, True)
    assert failure_of("records.py") == "usage: records.py service | site | client URL COUNT\n"
    said = failure_of("records.py", "client", f"{site}/nowhere", "5")
    assert said.startswith("The server answered with status 404 (")
