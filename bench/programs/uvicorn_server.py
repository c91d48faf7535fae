"""uvicorn_server.py HANDLER PARSER LOOP"""

import socket
import sys

import uvicorn
from asgi_handlers import HANDLERS

handler, parser, loop = sys.argv[1:]
listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
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
