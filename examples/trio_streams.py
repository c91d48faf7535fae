"""A trio program that uses streams for a part of its work: `python examples/trio_streams.py`.

A trio server gives each connection a Duplex, and pipes it through a Transform and back. A trio client talks to it.
"""

import trio
import trio.testing

from nodestream import Duplex, Transform, open_loop, promises


def upper_case():
    return Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk.upper()))


async def serve(connection: trio.SocketStream):
    duplex = Duplex.from_trio(connection)
    await promises.pipeline(duplex, upper_case(), duplex)


async def main():
    with trio.fail_after(10):
        async with open_loop(), trio.open_nursery() as nursery:
            [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
            nursery.start_soon(trio.serve_listeners, serve, [listener])
            async with await trio.testing.open_stream_to_socket_listener(listener) as client:
                await client.send_all(b"hello from trio\n")
                await client.send_eof()
                print(b"".join([data async for data in client]).decode(), end="")
            nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main)
