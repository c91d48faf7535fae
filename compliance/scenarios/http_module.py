"""What the module of HTTP itself has."""

from typing import Any

import nodehttp
from compliance._peers import event, listening
from compliance._trace import Scenarios, Trace
from nodestream.loop import Promise

scenarios = Scenarios()

module: Any = nodehttp


@scenarios
def words(t: Trace) -> None:
    t("methods", nodehttp.METHODS)
    for code, phrase in nodehttp.STATUS_CODES.items():
        t("status", code, phrase)
    t("size", module.maxHeaderSize)


@scenarios
def lists_that_a_program_changes(t: Trace) -> None:
    methods, statuses = nodehttp.METHODS, nodehttp.STATUS_CODES
    methods.append("MINE")
    statuses[299] = "Mine"
    t("same", nodehttp.METHODS is methods, nodehttp.METHODS[-1], nodehttp.STATUS_CODES[299])
    methods.pop()
    del statuses[299]


@scenarios
async def a_status_of_ones_own(t: Trace) -> None:
    nodehttp.STATUS_CODES[299] = "Mine"

    def answer(req: Any, res: Any) -> None:
        res.status_code = int(req.url[1:])
        res.end()

    def on_response(res: Any) -> None:
        t("status", res.status_code, res.status_message)
        res.resume()

    server: Any = nodehttp.create_server(answer)
    port = await listening(server)
    for code in (299, 298, 600):
        options = {"port": port, "host": "127.0.0.1", "path": f"/{code}", "agent": False}
        await event(nodehttp.get(options, on_response), "close")
    del nodehttp.STATUS_CODES[299]
    closed: Promise[None] = Promise()
    server.close(lambda *_: closed.resolve(None))
    await closed


@scenarios
def the_global_agent(t: Trace) -> None:
    before = module.globalAgent
    mine = nodehttp.Agent()
    module.globalAgent = mine
    req = nodehttp.request({"host": "h"})
    req.on("error", lambda _: None)
    t("used", req.agent is mine, module.globalAgent is mine)
    req.destroy()
    module.globalAgent = before
