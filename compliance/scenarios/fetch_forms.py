# mypy: disable-error-code="func-returns-value"
"""Forms: what they are made of, how they are written, and what is read. Bytes to read are in fetch_forms.json."""

import json
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from compliance._trace import Scenarios, Trace
from nodehttp.fetch import Blob, File, FormData, Response, URLSearchParams
from nodestream import fs

scenarios = Scenarios()

TABLES: dict[str, list[Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
MULTIPART = "multipart/form-data; boundary=X"
URLENCODED = "application/x-www-form-urlencoded"

Row = tuple[str, str, str]


def complaint(error: Exception) -> str:
    """An error, by the name that JavaScript has for it."""
    kind = "TypeError" if isinstance(error, TypeError) else getattr(error, "name", type(error).__name__)
    return f"{kind}: {error}"


def attempt(t: Trace, label: str, action: Callable[[], Any]) -> None:
    """What an action gives or raises."""
    try:
        t(label, action())
    except Exception as error:
        t(label, complaint(error))


async def outcome(t: Trace, label: str, promise: Awaitable[Any]) -> None:
    """What comes of a promise."""
    try:
        t(label, await promise)
    except Exception as error:
        t(label, complaint(error), getattr(error, "name", "TypeError"))


async def entries(form: FormData) -> list[Any]:
    """What a form holds."""
    found: list[Any] = []
    for name, value in form:
        found.append([name, value.name, value.type, await value.bytes()] if isinstance(value, File) else [name, value])
    return found


def text(row: Any) -> str:
    """What a row says: pieces of text, some with the number of their repetitions."""
    if isinstance(row, str):
        return row
    return "".join(piece if isinstance(piece, str) else piece[0] * piece[1] for piece in row)


async def read(t: Trace, label: str, body: str, kind: str = MULTIPART) -> None:
    """What is read of a body, or why not."""
    short = json.dumps(label if len(label) <= 100 else f"{label[:100]}...", ensure_ascii=False)
    try:
        response = Response(body.encode("latin-1"), headers={"content-type": kind})
        t(short, await entries(await response.form_data()))
    except Exception as error:
        t(short, complaint(error))


def reading(name: str, make: Callable[[Any], Row]) -> None:
    """Add a scenario that reads the rows of a table."""

    async def scenario(t: Trace) -> None:
        for row in TABLES[name]:
            await read(t, *make(row))

    scenarios.add(name, scenario)


def disposition(row: str) -> Row:
    """A part with this at the end of its Content-Disposition."""
    return row, f"--X\r\nContent-Disposition: form-data{row}\r\n\r\nv\r\n--X--\r\n", MULTIPART


def frame(row: Any) -> Row:
    """A whole body."""
    return text(row), text(row), MULTIPART


def typed(row: list[str]) -> Row:
    """A type, and a body with this boundary."""
    kind, boundary = row
    return kind, f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--{boundary}--\r\n', kind


def urlencoded(row: Any) -> Row:
    """An urlencoded body, or one with its type."""
    return (row, row, URLENCODED) if isinstance(row, str) else (row[0], row[0], row[1])


reading("dispositions", disposition)
reading("frames", frame)
reading("types", typed)
reading("urlencoded", urlencoded)
reading("backslash_quotes", disposition)
reading("blanks_around_a_header_name", frame)
reading("a_language_of_a_file_name", disposition)
reading("a_broken_file_name", disposition)
reading("headers_too_large", frame)
reading("a_boundary_in_a_header", frame)
reading("the_boundary_without_its_dashes", frame)
reading("a_long_boundary", typed)


async def written(t: Trace, label: str, form: FormData) -> None:
    """The bytes of a form; the boundary is said to be X."""
    response = Response(form)
    kind = response.headers["content-type"]
    boundary = kind.partition("boundary=")[2]
    is_usual = re.fullmatch(r"----formdata-undici-0[0-9]{11}", boundary) is not None
    t(f"{label} type", kind.replace(boundary, "X"), is_usual)
    t(f"{label} bytes", (await response.text()).replace(boundary, "X").encode())


def a_form(*pairs: tuple[Any, Any]) -> FormData:
    form = FormData()
    for name, value in pairs:
        form.append(name, value)
    return form


@scenarios
async def writing(t: Trace) -> None:
    await written(t, "empty", FormData())
    fields = a_form(("a", "1"), ("", ""), ("b", "l1\nl2\rl3\r\nl4\n\r"), ('q"\r\n%\u00e9;\\', "\ud800x"))
    await written(t, "fields", fields)
    files = a_form(
        ("f", File(["zz", bytes([0, 1, 2])], "f.txt", type="TEXT/Plain; A=B")),
        ("g", File([], 'a"b\r\nc\rd\\\u00e9%.txt')),
        ("n\n", Blob(["q"])),
        ("empty", File(["x"], "")),
    )
    await written(t, "files", files)
    form = a_form(('q"\r\n%\u00e9;', "x\ny"), ("f", File(["z"], 'a"b\r\n;\u20ac.txt', type="x/y")))
    await outcome(t, "again", entries(await Response(form).form_data()))


@scenarios
async def form_data(t: Trace) -> None:
    wrong = FormData()
    values: list[Any] = [5, "b", True]
    for value in values:
        attempt(t, "append", partial(wrong.append, "a", value, "c"))
        attempt(t, "set", partial(wrong.set, "a", value, "c"))
    pairs: list[tuple[Any, Any]] = [
        ("n", 5),
        ("z", None),
        ("o", {}),
        ("l", [1, None, 2]),
        ("t", True),
        (5, "x"),
        ("\ud800", "y\udc00"),
    ]
    form = a_form(*pairs)
    t("values", list(form))
    form.append("n", "6")
    t("get", form.get("n"), form.get("no"), form.get_all("n"), form.get_all("no"), form.has("n"), form.has("no"))
    form.set("n", 7)
    form.set("new", 8)
    form.delete("z")
    form.delete("no")
    t("changed", list(form.entries()), list(form.keys()), list(form.values()))
    form.for_each(lambda value, name, whole: t("each", value, name, whole is form))
    seen: list[str] = []
    live = a_form(("a", "1"))
    for name, _ in live:
        seen.append(name)
        if len(seen) < 3:
            live.append(f"b{len(seen)}", "x")
    t("live", seen)
    blob = Blob(["x"], type="a/b")
    file = File(["x"], "f.txt", type="text/plain", last_modified=5)
    files = FormData()
    files.append("b", blob)
    files.append("b", blob, "name")
    files.append("f", file)
    files.append("f", file, "other")
    number: Any = 5
    files.set("s", blob, number)
    for name, each in files:
        if isinstance(each, File):
            date = each.last_modified if each.name == "other" else 0
            t("file", name, each.name, each.type, each.size, True, each is file, date)
    t("the same", files.get("b") is files.get("b"))


@scenarios
async def file(t: Trace) -> None:
    names: list[Any] = ["a/b\\c", 5, "a\ud800", "\U0001f600", None]
    for name in names:
        t("name", File([], name).name)
    dates: list[Any] = [5, "7", 1.5, -3, float("nan"), float("inf"), {}, True, "x"]
    for date in dates:
        t("date", File([], "a", last_modified=date).last_modified)
    wrong: Any = 5
    attempt(t, "parts", lambda: File(wrong, "a"))
    attempt(t, "options", lambda: File([], "a", wrong))
    attempt(t, "endings", lambda: File([], "a", {"endings": "x"}))
    piece = File(["ab", "c"], "a", type="A/B").slice(1, 2)
    t("slice", piece.size, piece.type, isinstance(piece, File), isinstance(piece, Blob))


@scenarios
async def params(t: Trace) -> None:
    made: list[Any] = [
        *("", "a=1&b=2", "?a=1", "??a=1", "a", "=", "&", "a=1&&b", "a=b=c", "%41=%zz&%c3%a9", "a+b=c+d", "+=%2B"),
        *("a=%4", "a;b=1", "\u00e9=\u00fc", "\ud800=x", "%ef%bb%bfa=1", "a=\0", 5, True, None),
        *({"a": 1, "b": [2, 3], "c": None}, [("a", "1"), ("b", 2)], [["a"]], [["a", 1, 2]], [5], ["ab"]),
        *(URLSearchParams("a=1&a=2"), a_form(("a", "b"))),
    ]

    def shown(init: Any) -> list[Any]:
        params = URLSearchParams(init)
        return [list(params), str(params), params.size]

    for init in made:
        attempt(t, "made", partial(shown, init))
    t("ascii", str(URLSearchParams([("".join(map(chr, range(128))), "")])))
    params = URLSearchParams("b=2&a=1&b=3&c=4")
    t("get", params.get("b"), params.get("no"), params.get_all("b"), params.get_all("no"))
    t("has", params.has("b"), params.has("b", "2"), params.has("b", "9"), params.has("no"))

    def left(change: Callable[[URLSearchParams], object]) -> str:
        copy = URLSearchParams(params)
        change(copy)
        return str(copy)

    t("delete", left(lambda p: p.delete("b")), left(lambda p: p.delete("b", "2")), left(lambda p: p.delete("no")))
    t("set", left(lambda p: p.set("b", 9)), left(lambda p: p.set("no", 9)), left(lambda p: p.append("d", None)))
    t("sort", str(URLSearchParams(left(lambda p: p.sort()))))
    odd = URLSearchParams("z=1&a=2&z=0&\U0001f600=e&\uffff=f&a=1")
    odd.sort()
    t("sorted", str(odd))
    t("iterators", list(params), list(params.keys()), list(params.values()), list(params.entries()))


@scenarios
async def file_on_disk(t: Trace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await on_disk(t, Path(folder))


async def lengths(blob: Blob) -> list[int]:
    """Of the chunks of its stream."""
    return [len(chunk) async for chunk in blob.stream()]


async def on_disk(t: Trace, folder: Path) -> None:
    """Files in a folder of their own."""
    (folder / "x").write_bytes(b"hello world")
    wrong: Any
    for wrong in (5, "a\0b"):
        attempt(t, "path", partial(fs.open_as_blob, wrong))
    for wrong in (5, {"type": 5}):
        attempt(t, "options", partial(fs.open_as_blob, folder / "x", wrong))
    blob = await fs.open_as_blob(folder / "x", type="A/b")
    piece = blob.slice(2, 7)
    t("blob", blob.size, blob.type, await blob.text(), await blob.bytes())
    beyond = blob.slice(20).size, blob.slice(5, 10**9).size
    t("slices", piece.size, await piece.text(), await piece.slice(-2).text(), *beyond)
    t("combined", await Blob(["<", blob, piece.slice(1), ">"]).text())
    (folder / "large").write_bytes(bytes(150_000))
    large = await fs.open_as_blob(folder / "large")
    mixed = Blob(["a", large.slice(0, 70_000), "bb"])
    t("chunks", await lengths(large), await lengths(large.slice(1, 70_000)), await lengths(mixed))
    t("decoded", "".join([chunk async for chunk in blob.text_stream()]))
    form = a_form(("a", "1"), ("f", blob))
    await written(t, "form", form)
    with (folder / "x").open("ab") as file:
        file.write(b"!")
    for label, one in [("blob", blob), ("slice", piece), ("combined", Blob(["<", blob]))]:
        await outcome(t, f"{label} text", one.text())
        await outcome(t, f"{label} bytes", one.array_buffer())
        await outcome(t, f"{label} stream", lengths(one))
    (folder / "e").write_bytes(b"")
    empty = await fs.open_as_blob(folder / "e")
    t("empty", empty.size, await empty.text())
    (folder / "e").write_bytes(b"x")
    await outcome(t, "empty", empty.text())
    (folder / "m").write_bytes(b"x")
    moved = await fs.open_as_blob(folder / "m")
    os.rename(folder / "m", folder / "n")
    await outcome(t, "moved", moved.text())
    os.rename(folder / "n", folder / "m")
    await outcome(t, "moved back", moved.text())
