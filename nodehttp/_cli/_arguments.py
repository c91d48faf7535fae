"""What may be said on the command line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NoReturn

from nodehttp import __version__, validate_header_name

SERVE_PORT = 8000
PROXY_PORT = 8080


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> Parser:
    """The parser of the whole command; `command` in its result is the name of the one chosen."""
    root = Parser(prog="nodehttp", description="Node's stream and http for Python: a file server, a proxy, uploads.")
    root.add_argument("--version", action="version", version=f"nodehttp {__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="serve | proxy | upload | demo")
    _add_serve(commands)
    _add_proxy(commands)
    _add_upload(commands)
    _add_demo(commands)
    return root


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]


def _add_serve(commands: Commands) -> None:
    serve = commands.add_parser(
        "serve",
        help="serve the files of a directory",
        description="Serve the files of a directory. Names that begin with a dot are neither listed nor served nor "
        "written (.well-known apart), and no link leads out of the directory.",
    )
    serve.add_argument("directory", nargs="?", default=".", metavar="DIR", help="what to serve (the current directory)")
    _add_address(serve, SERVE_PORT)
    serve.add_argument("--upload", action="store_true", help="let PUT and POST write files, and replace them")


def _add_proxy(commands: Commands) -> None:
    proxy = commands.add_parser(
        "proxy", help="forward requests to another server", description="A streaming reverse proxy."
    )
    proxy.add_argument("target", metavar="TARGET", help="where to: http://host:port, or http://host:port/path")
    _add_address(proxy, PROXY_PORT)


def _add_upload(commands: Commands) -> None:
    upload = commands.add_parser(
        "upload",
        help="send a file in chunks",
        description="Send a file in chunks. The server's answer goes to standard output; "
        "the exit status is 0 if its status is 2xx.",
    )
    upload.add_argument("file", metavar="FILE", help="what to send; - is standard input")
    upload.add_argument("url", metavar="URL", help="where to: http://host:port/path")
    upload.add_argument("--method", metavar="M", type=_method, default="PUT", help="PUT (the default), POST or another")


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser(
        "demo",
        help="send a file through a proxy and back, and measure",
        description="Start a server and a proxy, send a file there and back through the proxy, compare it, and show "
        "speed and memory. The exit status is 1 if the content differs or the memory is too much.",
    )
    demo.add_argument("file", nargs="?", metavar="FILE", help="what to send (256 MiB of random data)")


def _add_address(command: argparse.ArgumentParser, port: int) -> None:
    command.add_argument("--host", metavar="H", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    command.add_argument(
        "--port", metavar="P", type=_port, default=port, help=f"the port to listen on ({port}); 0 for any that is free"
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; it is a number from 0 to 65535")
    return int(text)


def _method(text: str) -> str:
    try:
        validate_header_name(text)
    except TypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is no method") from None
    return text.upper()
