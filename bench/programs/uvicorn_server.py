"""uvicorn_server.py HANDLER PARSER LOOP"""

import socket
import sys

import uvicorn
from asgi_handlers import HANDLERS

handler, parser, loop = sys.argv[1:]
# asyncio sends small pieces at once only where a socket says that it is TCP, as one that uvicorn opens by itself does.
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
listener.listen(2048)
print(listener.getsockname()[1], flush=True)
config = uvicorn.Config(
    HANDLERS[handler],
    http=parser,
    loop=loop,
    lifespan="off",
    access_log=False,
    log_level="warning",
    timeout_keep_alive=120,
)
uvicorn.Server(config).run([listener])
