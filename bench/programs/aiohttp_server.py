"""aiohttp_server.py HANDLER [PORT OF THE UPSTREAM | FOLDER]"""

import asyncio
import sys

from aiohttp import ClientSession, web

handler, *given = sys.argv[1:]
OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}


async def hello(request):
    return web.Response(text="Hello, World!")


async def post(request):
    body = await request.read()
    return web.Response(text=str(len(body)))


async def echo(request):
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    await response.prepare(request)
    async for chunk in request.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response


async def proxy(request):
    body = request.content if request.body_exists else None
    url = f"http://127.0.0.1:{given[0]}{request.path_qs}"
    headers = {name: value for name, value in request.headers.items() if name.lower() not in OF_ONE_CONNECTION}
    async with request.app["session"].request(request.method, url, headers=headers, data=body) as upstream:
        response = web.StreamResponse(
            status=upstream.status,
            headers={name: value for name, value in upstream.headers.items() if name.lower() not in OF_ONE_CONNECTION},
        )
        await response.prepare(request)
        async for chunk in upstream.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


async def download(request):
    return web.FileResponse(given[0] + request.path)


async def session(app):
    async with ClientSession(auto_decompress=False) as app["session"]:
        yield


ROUTES = {
    "hello": web.get("/", hello),
    "post": web.post("/", post),
    "echo": web.post("/echo", echo),
    "proxy": web.route("*", "/{path:.*}", proxy),
    "download": web.get("/bytes/{name}", download),
}


async def main():
    app = web.Application()
    app.add_routes([ROUTES[handler]])
    if handler == "proxy":
        app.cleanup_ctx.append(session)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
