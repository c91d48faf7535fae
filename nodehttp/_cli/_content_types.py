"""Content types by file name, the same on every machine."""

from __future__ import annotations

import mimetypes

_MORE = {
    ".avif": "image/avif",
    ".flac": "audio/flac",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".mkv": "video/x-matroska",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".otf": "font/otf",
    ".toml": "application/toml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".ico": "image/vnd.microsoft.icon",
    ".log": "text/plain",
    ".7z": "application/x-7z-compressed",
    ".zst": "application/zstd",
}
_TEXTS = {
    "application/json",
    "application/jsonl",
    "application/manifest+json",
    "application/toml",
    "application/xml",
    "application/yaml",
    "image/svg+xml",
}
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}

# An instance of its own knows Python's table only, not what the machine's /etc/mime.types happens to say.
_types = mimetypes.MimeTypes()
for _suffix, _type in _MORE.items():
    _types.add_type(_type, _suffix)


def content_type(name: str) -> str:
    """What a file of this name holds. Texts are UTF-8; what is compressed is served as it is, as an archive."""
    kind, encoding = _types.guess_type("./" + name)
    if encoding is not None:
        return _COMPRESSED.get(encoding, "application/octet-stream")
    if kind is None:
        return "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind in _TEXTS else kind
