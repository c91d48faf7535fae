"""An https server: `python examples/https_server.py KEY CERT`, both files in PEM.

`python examples/https_server.py --make DIRECTORY` makes a certificate for localhost first, with the package trustme. No
browser trusts it, unless it is told to trust the authority in DIRECTORY/ca.pem, as `curl --cacert` can be.
"""

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path

from nodehttp import https
from nodestream.errors import NodeError
from nodestream.loop import run


def make(directory):
    """Write a key, a certificate for localhost, and the authority that signed it; gives the first two paths."""
    try:
        import trustme  # only who makes a certificate needs it
    except ImportError:
        sys.exit("a certificate is made with the package trustme: `pip install trustme`")
    key, cert, ca = (directory / name for name in ("key.pem", "cert.pem", "ca.pem"))
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "127.0.0.1")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        key.touch(mode=0o600)
        made.private_key_pem.write_to_path(str(key))
        made.cert_chain_pems[0].write_to_path(str(cert))
        authority.cert_pem.write_to_path(str(ca))
    except OSError as error:
        sys.exit(f"the certificate cannot be written to {directory}: {error.strerror}")
    print(f"made {key}, {cert} and {ca}", file=sys.stderr)
    return key, cert


def on_request(req, res):
    socket = req.socket
    res.set_header("Content-Type", "text/plain; charset=utf-8")
    res.end(f"Hello over {socket.get_protocol()} with {socket.get_cipher()['name']}.\n")


def read(path):
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"{path} cannot be read: {getattr(error, 'strerror', 'it is not in PEM')}")


def serve(key, cert):
    try:
        server = https.create_server({"key": read(key), "cert": read(cert)}, on_request)
    except NodeError as error:
        sys.exit(f"the key in {key} and the certificate in {cert} cannot be used: {error}")
    server.on("tlsClientError", lambda error, socket: print(f"a client did not connect: {error}", file=sys.stderr))
    server.on("error", lambda error: sys.exit(f"the server cannot listen: {error}"))
    server.listen(
        int(os.environ.get("PORT", "3443")),
        "127.0.0.1",
        lambda: print(f"https://localhost:{server.address()['port']}/", flush=True),
    )
    with suppress(KeyboardInterrupt):
        run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="KEY CERT")
    parser.add_argument("--make", type=Path, metavar="DIRECTORY", help="make a certificate there, and serve with it")
    arguments = parser.parse_args()
    if len(arguments.files) != (0 if arguments.make else 2):
        parser.error("give a key and a certificate, or --make DIRECTORY")
    serve(*make(arguments.make) if arguments.make else arguments.files)
