"""hypercorn_server.py HANDLER"""

import socket
import sys

import trio
from asgi_handlers import HANDLERS
from hypercorn.config import Config
from hypercorn.trio import serve

listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
print(listener.getsockname()[1], flush=True)
config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.accesslog = config.errorlog = None
config.keep_alive_max_requests = 1_000_000_000
trio.run(serve, HANDLERS[sys.argv[1]], config)
