"""twisted_server.py HANDLER"""

import sys

from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import Site


class Hello(Resource):
    isLeaf = True

    def render_GET(self, request):
        request.setHeader(b"Content-Type", b"text/plain")
        return b"Hello, World!"


class Post(Resource):
    isLeaf = True

    def render_POST(self, request):
        request.setHeader(b"Content-Type", b"text/plain")
        return b"%d" % len(request.content.read())


class QuietSite(Site):
    def log(self, request):
        """No access log."""


site = QuietSite({"hello": Hello, "post": Post}[sys.argv[1]]())
port = reactor.listenTCP(0, site, interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
