"""The pages, and the policy that lets their own style and script run and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from nodehttp._cli._files import Entry
from nodehttp._cli._page_parts import POLICY
from nodehttp._cli._pages import directory_page, error_page

NASTY = '<script>alert("1")</script>&amp;'


def test_names_are_escaped_and_references_encoded() -> None:
    page = directory_page((NASTY,), [Entry(NASTY, False, 1, 0)], uploads=False).decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;" in page
    assert 'href="./%3Cscript%3Ealert%28%221%22%29%3C%2Fscript%3E%26amp%3B"' in page


@pytest.mark.parametrize("name", ["javascript:alert(1)", "//evil", "a?b#c", "%41"])
def test_a_reference_stays_in_the_directory(name: str) -> None:
    page = directory_page((), [Entry(name, False, 1, 0)], uploads=False).decode()
    [href] = re.findall(r'class="file" href="([^"]*)"', page)
    assert re.fullmatch(r"\./[A-Za-z0-9%._-]+", href)


def test_a_name_that_is_no_utf_8_is_shown_and_can_be_asked_for() -> None:
    page = directory_page((), [Entry("\udcff.txt", False, 1, 0)], uploads=False).decode()
    assert 'href="./%FF.txt"' in page
    assert "\ufffd.txt" in page


def test_sizes_times_and_directories_are_shown() -> None:
    entries = [Entry("d", True, 4096, 0), Entry("f", False, 1536, 1e18)]
    page = directory_page(("a", "b"), entries, uploads=False).decode()
    assert 'href="./d/"' in page
    assert "1.5 KiB" in page
    assert "1 folder, 1 file, 1.5 KiB" in page
    assert '<a href="../../">Files</a><i>/</i><a href="../">a</a><i>/</i>b' in page
    assert 'href="../"' in page


def test_only_a_server_with_uploads_shows_where_to_drop_files() -> None:
    assert b'type="file"' in directory_page((), [], uploads=True)
    assert b'type="file"' not in directory_page((), [], uploads=False)


def test_an_empty_directory_says_so() -> None:
    assert b"There is nothing here yet." in directory_page((), [], uploads=False)


@pytest.mark.parametrize("tag", ["style", "script"])
def test_the_policy_allows_the_pages_own_style_and_script(tag: str) -> None:
    page = directory_page((), [], uploads=True).decode()
    [content] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert f"{tag}-src 'sha256-{digest}'" in POLICY


def test_an_error_page_says_what_is_wrong() -> None:
    page = error_page(404, "There is no <x>.").decode()
    assert "404" in page
    assert "Not Found" in page
    assert "There is no &lt;x&gt;." in page
