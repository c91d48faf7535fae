"""URLs as request options, each as Node 24.19's `url.urlToHttpOptions(new URL(...))` gives it."""

from __future__ import annotations

from itertools import product
from urllib.parse import urlparse, urlsplit

import pytest

from nodehttp._url import url_to_options
from nodestream.errors import ERR_INVALID_URL

# fmt: off
# URL: hostname, port, path, auth, hash, href
TAKEN: dict[str, tuple[str, int | None, str, str | None, str, str]] = {
    "http://a": ("a", None, "/", None, "", "http://a/"),
    "http://A.Com:80/x": ("a.com", None, "/x", None, "", "http://a.com/x"),
    "http://a:8080?x=1#h": ("a", 8080, "/?x=1", None, "#h", "http://a:8080/?x=1#h"),
    'HTTP://u:p%40@h.com/p a?q=\'"<>#f': ("h.com", None, "/p%20a?q=%27%22%3C%3E", "u:p@", "#f", "http://u:p%40@h.com/p%20a?q=%27%22%3C%3E#f"),
    "http://h/a/../b/./c/%2e%2E/d": ("h", None, "/b/d", None, "", "http://h/b/d"),
    'http:\\\\h\\p': ("h", None, "/p", None, "", "http://h/p"),
    "http:h/p": ("h", None, "/p", None, "", "http://h/p"),
    "http:///h": ("h", None, "/", None, "", "http://h/"),
    "http://[::1]:80/": ("::1", None, "/", None, "", "http://[::1]/"),
    "http://[::0001]:81": ("::1", 81, "/", None, "", "http://[::1]:81/"),
    "http://127.1/": ("127.0.0.1", None, "/", None, "", "http://127.0.0.1/"),
    "http://0x7f.1": ("127.0.0.1", None, "/", None, "", "http://127.0.0.1/"),
    "http://2130706433": ("127.0.0.1", None, "/", None, "", "http://127.0.0.1/"),
    'http://\xe9.com/\xe9?\xe9#\xe9': ("xn--9ca.com", None, "/%C3%A9?%C3%A9", None, "#%C3%A9", "http://xn--9ca.com/%C3%A9?%C3%A9#%C3%A9"),
    "http://h:": ("h", None, "/", None, "", "http://h/"),
    "http://h:0": ("h", 0, "/", None, "", "http://h:0/"),
    "ftp://h/p": ("h", None, "/p", None, "", "ftp://h/p"),
    ' http://h/p \n': ("h", None, "/p", None, "", "http://h/p"),
    'http://h/\tp\n': ("h", None, "/p", None, "", "http://h/p"),
    "http://a%41/": ("aa", None, "/", None, "", "http://aa/"),
    "http://u@h": ("h", None, "/", "u:", "", "http://u@h/"),
    "http://:p@h": ("h", None, "/", ":p", "", "http://:p@h/"),
    "http://u:@h": ("h", None, "/", "u:", "", "http://u@h/"),
    "http://a@b@h/": ("h", None, "/", "a@b:", "", "http://a%40b@h/"),
    "http://h/p^`{}|%zz": ("h", None, "/p%5E%60%7B%7D|%zz", None, "", "http://h/p%5E%60%7B%7D|%zz"),
    "http://h?a b|^`{}": ("h", None, "/?a%20b|^`{}", None, "", "http://h/?a%20b|^`{}"),
    "http://h.:1/": ("h.", 1, "/", None, "", "http://h.:1/"),
    "http://a..b/": ("a..b", None, "/", None, "", "http://a..b/"),
    "http://h/..": ("h", None, "/", None, "", "http://h/"),
    "http://h/a/..": ("h", None, "/", None, "", "http://h/"),
    "http://h/.": ("h", None, "/", None, "", "http://h/"),
    "http://h//x": ("h", None, "//x", None, "", "http://h//x"),
    'http://h\\@x/': ("h", None, "/@x/", None, "", "http://h/@x/"),
    "https://h:443/": ("h", None, "/", None, "", "https://h/"),
    "https://h:80/": ("h", 80, "/", None, "", "https://h:80/"),
    "http://[::ffff:1.2.3.4]/": ("::ffff:102:304", None, "/", None, "", "http://[::ffff:102:304]/"),
    'http://\xe4_b/': ("xn--_b-uia", None, "/", None, "", "http://xn--_b-uia/"),
    "http://-a/": ("-a", None, "/", None, "", "http://-a/"),
    "http://a;b/": ("a;b", None, "/", None, "", "http://a;b/"),
    "http://a!$&'()*+,;=b/": ("a!$&'()*+,;=b", None, "/", None, "", "http://a!$&'()*+,;=b/"),
    "http://0x/": ("0.0.0.0", None, "/", None, "", "http://0.0.0.0/"),
    "http://1e3/": ("1e3", None, "/", None, "", "http://1e3/"),
    "http://h:00080/": ("h", None, "/", None, "", "http://h/"),
    "http://h:0008080/": ("h", 8080, "/", None, "", "http://h:8080/"),
    "http://h/%": ("h", None, "/%", None, "", "http://h/%"),
    "http://h#": ("h", None, "/", None, "", "http://h/#"),
    "http://h?": ("h", None, "/", None, "", "http://h/?"),
    "http://h?#": ("h", None, "/", None, "", "http://h/?#"),
    'http://\xfc:\xdf@h': ("h", None, "/", '\xfc:\xdf', "", "http://%C3%BC:%C3%9F@h/"),
    "http://u;:=[]p@h": ("h", None, "/", "u;:=[]p", "", "http://u%3B:%3D%5B%5Dp@h/"),
    'http://h/\x00': ("h", None, "/", None, "", "http://h/"),
    'http://h/\ud800': ("h", None, "/%EF%BF%BD", None, "", "http://h/%EF%BF%BD"),
    'http://\ufb01.com': ("fi.com", None, "/", None, "", "http://fi.com/"),
    'http://fa\xdf.de': ("xn--fa-hia.de", None, "/", None, "", "http://xn--fa-hia.de/"),
    'http://\uff11.2.3.4': ("1.2.3.4", None, "/", None, "", "http://1.2.3.4/"),
}
REFUSED = [
    "http://1.2.3.4.5",
    "http://256.1.1.1",
    "http://1.2.3.08",
    "http://h:65536",
    "http://h:8x",
    "http://",
    "//h/p",
    "/p",
    "",
    "foo",
    "http://a b/",
    "http://a%20b/",
    "http://xn--a/",
    'http://h:\uff1080/',
    "http://[::1%25eth0]/",
    "http://[1::2::3]/",
    "http://a|b",
    "http://0.0.0.0x100",
    "http://%00/",
    "1http://h",
    "ht_tp://h",
]
# fmt: on


@pytest.mark.parametrize("url", TAKEN)
def test_a_url_is_read_as_by_node(url: str) -> None:
    options = url_to_options(url)
    hostname, port, path, auth, fragment, href = TAKEN[url]
    assert (options["hostname"], options.get("port"), options["path"], options.get("auth")) == (
        hostname,
        port,
        path,
        auth,
    )
    assert (options["hash"], options["href"]) == (fragment, href)
    assert f"{options['pathname']}{options['search']}" == path


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ERR_INVALID_URL) as caught:
        url_to_options(url)
    assert caught.value.input == url


@pytest.mark.parametrize("url", ["http://u:p@h:8080/p?q#f", "http://h", "http://[::1]:81/a/../b"])
def test_what_urllib_has_parsed_means_the_same(url: str) -> None:
    assert url_to_options(urlparse(url)) == url_to_options(urlsplit(url)) == url_to_options(url)


def test_a_url_of_a_scheme_without_authority_says_its_protocol() -> None:
    assert url_to_options("localhost:3000/x")["protocol"] == "localhost:"


HOSTS = (
    "a",
    "a.b-c",
    "1a.com",
    "a.1",
    "a.0x1",
    "127.0.0.1",
    "1.2.3",
    "256.1.1.1",
    "01.2.3.4",
    "a.",
    "xn--a",
    "a.xn--9ca",
    "A",
)
PORTS = ("", ":", ":0", ":80", ":443", ":080", ":8080", ":65535", ":65536")
PATHS = (
    "",
    "/",
    "//",
    "/a/b.c",
    "/a/",
    "/.",
    "/a/..",
    "/a..",
    "/.a",
    "/%2e",
    "/a%2e/b",
    "/[1]|a",
    "/a^b",
    "/a{b",
    "/'",
)
QUERIES = ("", "?", "?a=b&c?/", "?'", "?{}^`|", "#", "#a")


def outcome(url: str) -> object:
    try:
        options = url_to_options(url)
    except ERR_INVALID_URL:
        return ERR_INVALID_URL
    return list(options.items())


@pytest.mark.parametrize(("scheme", "host"), list(product(("http:", "https:", "ftp:"), HOSTS)))
def test_a_url_is_read_as_with_a_blank_before_it(scheme: str, host: str) -> None:
    for rest in map("".join, (*product(PORTS, PATHS), *product(PATHS, QUERIES))):
        url = f"{scheme}//{host}{rest}"
        assert outcome(url) == outcome(" " + url), url
