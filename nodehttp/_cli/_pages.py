"""The pages that a person sees: a directory, an error."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from html import escape

from nodehttp import STATUS_CODES

from ._files import Entry
from ._page_parts import FILE, FOLDER, SCRIPT, STYLE
from ._paths import quoted
from ._units import size_text


def shown(name: str) -> str:
    """A name as HTML text, whatever is in it."""
    return escape(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def page(title: str, body: str) -> bytes:
    """A whole document; `title` and `body` are HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<link rel="icon" href="data:,">\n<style>{STYLE}</style>\n<main>\n{body}\n</main>\n'
    ).encode()


def directory_page(names: Sequence[str], entries: Sequence[Entry], *, uploads: bool) -> bytes:
    """The page of a directory, reached by `names` from the served one."""
    parts = [
        f"<h1>{_breadcrumbs(names)}</h1>",
        _UPLOAD_AREA if uploads else "",
        _table(names, entries),
        _summary(entries),
    ]
    if uploads:
        parts.append(f"<script>{SCRIPT}</script>")
    return page(shown("/" + "/".join(names)), "\n".join(part for part in parts if part))


def error_page(status: int, reason: str) -> bytes:
    """The page that says why there is nothing to see."""
    phrase = escape(STATUS_CODES.get(status, "Error"))
    return page(
        f"{status} {phrase}",
        f'<div class="card error"><b>{status}</b><h1>{phrase}</h1><p>{escape(reason)}</p></div>',
    )


_UPLOAD_AREA = (
    '<label class="drop"><span>Drop files here, or <b>choose them</b></span>'
    '<input type="file" multiple><output></output></label>'
)


def _breadcrumbs(names: Sequence[str]) -> str:
    # Every reference is relative, so that the pages work behind a proxy that puts them under another path.
    labels = ["Files", *(shown(name) for name in names)]
    last = len(names)
    crumbs = [f'<a href="{"../" * (last - depth)}">{label}</a>' for depth, label in enumerate(labels[:-1])]
    return "<i>/</i>".join([*crumbs, labels[-1]])


def _table(names: Sequence[str], entries: Sequence[Entry]) -> str:
    if not entries and not names:
        return '<div class="card empty">There is nothing here yet.</div>'
    rows = "\n".join(_rows(names, entries))
    return (
        '<div class="card"><table>\n<thead><tr><th>Name</th><th class="size">Size</th><th class="time">Modified</th>'
        f"</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _rows(names: Sequence[str], entries: Iterable[Entry]) -> Iterable[str]:
    if names:
        up = f'<a class="folder" href="../">{FOLDER}<span>..</span></a>'
        yield f'<tr><td>{up}</td><td></td><td class="time"></td></tr>'
    for entry in entries:
        yield _row(entry)


def _row(entry: Entry) -> str:
    # "./" keeps a name with a colon from being taken for a URL with a scheme.
    href, name = f"./{quoted(entry.name)}", shown(entry.name)
    kind, icon, size = "file", FILE, size_text(entry.size)
    if entry.is_directory:
        kind, icon, size, href, name = "folder", FOLDER, "", href + "/", name + "/"
    return (
        f'<tr><td><a class="{kind}" href="{href}">{icon}<span>{name}</span></a></td>'
        f'<td class="size">{size}</td><td class="time">{_time(entry.modified)}</td></tr>'
    )


def _time(seconds: float) -> str:
    try:
        local = time.localtime(seconds)
    except (OverflowError, ValueError, OSError):  # a file system may say anything
        return ""
    machine = time.strftime("%Y-%m-%dT%H:%M:%S%z", local)
    return f'<time datetime="{machine}">{time.strftime("%Y-%m-%d %H:%M", local)}</time>'


def _summary(entries: Sequence[Entry]) -> str:
    files = [entry for entry in entries if not entry.is_directory]
    folders = len(entries) - len(files)
    parts = [_count(folders, "folder")] if folders else []
    if files:
        parts.append(f"{_count(len(files), 'file')}, {size_text(sum(entry.size for entry in files))}")
    return f"<footer><span>{', '.join(parts)}</span><span>nodehttp</span></footer>"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
