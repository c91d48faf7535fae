"""examples/https_server.py: makes or takes a certificate, and says what is wrong with one."""

from __future__ import annotations

import http.client
import ssl
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from tests.examples.support import EXAMPLES, Start, failure_of

EXAMPLE = (sys.executable, EXAMPLES / "https_server.py")


def get(url: str, authority: Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> str:
    context = ssl.create_default_context(cafile=str(authority))
    context.maximum_version = version
    connection = http.client.HTTPSConnection(urlsplit(url).netloc, context=context, timeout=10)
    connection.request("GET", "/")
    content = connection.getresponse().read().decode()
    connection.close()
    return content


def test_it_makes_a_certificate_and_serves_with_it(start: Start, tmp_path: Path) -> None:
    directory = tmp_path / "new" / "certificates"
    url = start(*EXAMPLE, "--make", directory)
    assert url.startswith("https://localhost:")
    assert get(url, directory / "ca.pem").startswith("Hello over TLSv1.3 with TLS_AES_")
    assert get(url, directory / "ca.pem", ssl.TLSVersion.TLSv1_2).startswith("Hello over TLSv1.2 with ECDHE-")
    assert stat.S_IMODE((directory / "key.pem").stat().st_mode) == 0o600


def test_a_client_that_does_not_trust_it_disturbs_nobody(start: Start, tmp_path: Path) -> None:
    url = start(*EXAMPLE, "--make", tmp_path)
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    with pytest.raises(ssl.SSLCertVerificationError):
        get(url, tmp_path / "other.pem")
    assert get(url, tmp_path / "ca.pem").startswith("Hello")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with key.pem, cert.pem, other.pem (of another key), and text."""
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost")
    leaf.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    leaf.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "other.pem"))
    (tmp_path / "text").write_text("no PEM")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    return tmp_path


def test_it_takes_a_key_and_a_certificate(start: Start, files: Path) -> None:
    url = start(*EXAMPLE, files / "key.pem", files / "cert.pem")
    assert get(url, files / "other.pem").startswith("Hello")


@pytest.mark.parametrize(
    ("key", "cert", "complaint"),
    [
        ("nothing", "cert.pem", "{directory}/nothing cannot be read: No such file or directory"),
        ("key.pem", "nothing", "{directory}/nothing cannot be read: No such file or directory"),
        ("key.pem", "", "{directory} cannot be read: Is a directory"),
        ("key.pem", "binary", "{directory}/binary cannot be read: it is not in PEM"),
        (
            "text",
            "cert.pem",
            "the key in {directory}/text and the certificate in {directory}/cert.pem cannot be ",
        ),
        ("key.pem", "text", "the key in {directory}/key.pem and the certificate in {directory}/text cannot be "),
        ("key.pem", "other.pem", "the key in {directory}/key.pem and the certificate in {directory}/other.pem cannot "),
    ],
)
def test_files_that_cannot_be_used_are_named(files: Path, key: str, cert: str, complaint: str) -> None:
    said = failure_of("https_server.py", files / key, files / cert)
    assert said.startswith(complaint.format(directory=files))
    assert said.count("\n") == 1


def test_a_directory_that_cannot_be_written_is_named(files: Path) -> None:
    said = failure_of("https_server.py", "--make", files / "text")
    assert said == f"the certificate cannot be written to {files / 'text'}: File exists\n"


@pytest.mark.parametrize("arguments", [(), ("key.pem",), ("--make", "directory", "key.pem", "cert.pem")])
def test_other_arguments_are_refused(arguments: tuple[str, ...]) -> None:
    said = failure_of("https_server.py", *arguments, status=2)
    assert said.endswith("error: give a key and a certificate, or --make DIRECTORY\n")
