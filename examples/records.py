"""Streams of records: a service that answers each at once, a site that forwards such streams, and a client.

    records.py service              POST /scores: a score for each person; GET /people?count=N: so many people
    records.py site                 POST /scores: forwarded to the service, whose URL is in UPSTREAM; GET /best
    records.py client URL COUNT     sends so many people to either, and prints the best of them

Whatever goes through, no process holds more than a few chunks of it.
"""

import os
import sys
from urllib.parse import parse_qs, urlsplit

import nodehttp as http
from nodehttp import records
from nodestream.timers import promises as timers

PORT = int(os.environ.get("PORT", "3000"))
UPSTREAM = os.environ.get("UPSTREAM", "http://127.0.0.1:3000")


def people(count):
    """A large dataset, which is never there as a whole."""
    for number in range(count):
        yield {"id": number, "name": f"person {number}"}


async def score(person):
    """Something that takes its time; ten of them are at work at once."""
    await timers.set_timeout(1)
    return {**person, "score": person["id"] * 7919 % 1000}


class Router:
    def __init__(self):
        self.routes = {}

    def route(self, method, path):
        def add(handler):
            self.routes[method, path] = handler
            return handler

        return add

    def handle(self, req, res):
        handler = self.routes.get((req.method, urlsplit(req.url).path))
        if handler is None:
            res.write_head(404).end()
        else:
            handler(req, res)


service = Router()
service.route("POST", "/scores")(records.handler(score, workers=10))


@service.route("GET", "/people")
def all_people(req, res):
    [count] = parse_qs(urlsplit(req.url).query).get("count", ["10"])
    records.respond(res, people(int(count)))


site = Router()
upstream = records.RecordClient(UPSTREAM)


@site.route("POST", "/scores")
def forward_scores(req, res):
    """Records go to the service while its answers come back, no faster than the slowest of the three can take them."""
    records.respond(res, upstream.stream("scores", req.pipe(records.parse())))


@site.route("GET", "/best")
def best(req, res):
    """Made of two streams: people, and their scores, of which only good ones are forwarded."""

    async def good_ones():
        async for person in upstream.stream("scores", people(100)):
            if person["score"] >= 900:
                yield person

    records.respond(res, good_ones())


async def client(url, count):
    stream = records.RecordClient(url).stream("scores", people(int(count)))
    best = {"score": -1}
    try:
        async for person in stream:
            best = max(best, person, key=lambda each: each["score"])
    except records.RecordError as error:
        sys.exit(f"{error} ({error.records_sent} people were sent, {error.records_received} scores have come)")
    print(f"{stream.records_received} scores for {stream.records_sent} people; the best is {best['name']}")


def serve(router):
    server = http.create_server(router.handle, request_timeout=0)
    server.listen(PORT, "127.0.0.1", lambda: print(f"http://127.0.0.1:{server.address()['port']}", flush=True))


match sys.argv[1:]:
    case ["service"]:
        http.run(serve, service)
    case ["site"]:
        http.run(serve, site)
    case ["client", url, count]:
        http.run(client, url, count)
    case _:
        sys.exit("usage: records.py service | site | client URL COUNT")
