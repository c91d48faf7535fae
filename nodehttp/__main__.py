"""The command line: `python -m nodehttp serve | proxy | upload | demo`.

Exit status: 0 if all went well, also after Ctrl-C and SIGTERM; 1 if not, with one line on standard error; 2 for
arguments that make no sense.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

import nodehttp
from nodehttp._cli._arguments import parser
from nodehttp._cli._failures import CommandError, checked_url, described
from nodehttp._cli._output import say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; `arguments` are those of the process by default. The exit status."""
    given = parser().parse_args(arguments)
    try:
        return _COMMANDS[given.command](given)
    except CommandError as error:
        say(f"nodehttp: {error}")
        return 1
    except KeyboardInterrupt:  # it came before or after the event loop took care of signals
        return 0


# Each command imports what it needs: a server does not carry what only the others use.


def _serve(given: Namespace) -> int:
    from nodehttp._cli._serve import create_file_server
    from nodehttp._cli._serving import Service

    directory = Path(given.directory)
    try:
        root = directory.resolve(strict=True)
    except (OSError, ValueError) as error:
        raise CommandError(f"cannot serve {given.directory}: {described(error)}") from None
    if not root.is_dir():
        raise CommandError(f"cannot serve {given.directory}: not a directory")
    server = create_file_server(str(root), uploads=given.upload)
    uploads = "; uploads are allowed" if given.upload else ""
    nodehttp.run(Service(server, given.host, given.port).run, f"nodehttp: serving {root}{uploads} (Ctrl-C to stop)")
    return 0


def _proxy(given: Namespace) -> int:
    from nodehttp._cli._proxy import create_proxy
    from nodehttp._cli._proxy_headers import target_of
    from nodehttp._cli._serving import Service

    server = create_proxy(target_of(checked_url(given.target)))
    nodehttp.run(
        Service(server, given.host, given.port).run, f"nodehttp: forwarding to {given.target} (Ctrl-C to stop)"
    )
    return 0


def _upload(given: Namespace) -> int:
    from nodehttp._cli._upload import upload

    checked_url(given.url)
    return int(nodehttp.run(upload, given.file, given.url, given.method))


def _demo(given: Namespace) -> int:
    from nodehttp._cli._demo import demonstrate

    return int(nodehttp.run(demonstrate, given.file))


_COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "serve": _serve,
    "proxy": _proxy,
    "upload": _upload,
    "demo": _demo,
}

if __name__ == "__main__":
    sys.exit(main())
