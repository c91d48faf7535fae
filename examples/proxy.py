"""A streaming proxy: what it forwards never has to fit into memory."""

import os

import nodehttp as http

TARGET = os.environ.get("TARGET", "http://127.0.0.1:3000")


def forward(req, res):
    def answer(incoming):
        res.write_head(incoming.status_code, incoming.raw_headers)
        incoming.on("error", res.destroy)
        incoming.pipe(res)

    def failed(error):
        res.destroy(error) if res.headers_sent else res.write_head(502).end(f"{error}\n")

    upstream = http.request(TARGET + req.url, answer, method=req.method, headers=req.headers)
    upstream.on("error", failed)
    res.on("close", upstream.destroy)
    req.pipe(upstream)


proxy = http.create_server(forward)
proxy.listen(
    int(os.environ.get("PORT", "8080")),
    "127.0.0.1",
    lambda: print(f"http://127.0.0.1:{proxy.address()['port']}/", flush=True),
)
http.run()
