"""A streaming proxy: what it forwards never has to fit into memory."""

import os

import nodehttp as http

TARGET = os.environ.get("TARGET", "http://127.0.0.1:3000")


def forwarded(headers):
    """Trailers are not forwarded, and so the header that announces them is not."""
    return {name: value for name, value in headers.items() if name != "trailer"}


def forward(req, res):
    def answer(incoming):
        res.write_head(incoming.status_code, forwarded(incoming.headers))
        incoming.on("error", res.destroy)
        incoming.pipe(res)

    def failed(error):
        res.destroy(error) if res.headers_sent else res.write_head(502).end(f"{error}\n")

    upstream = http.request(TARGET, answer, method=req.method, path=req.url, headers=forwarded(req.headers))
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
