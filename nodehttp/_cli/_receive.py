"""Uploads to disk: written under a temporary name, renamed when complete, removed when cut short.

Everything here but `Upload.write` blocks: call it in a thread. All of it happens by the descriptor of the directory, so
that the file ends up in the directory that was checked.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from nodestream.fs import create_write_stream
from nodestream.promises import finished

from ._conditions import entity_tag, failed_condition
from ._files import open_directory, refusing, resolved
from ._paths import RefusedPath, RequestPath

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Upload:
    """A file that is being received.

    Attributes:
        replaces: whether there was a file of this name.
    """

    def __init__(self, root: str, path: RequestPath, headers: Mapping[str, Any]) -> None:
        """Check that the file may be written, and make the temporary one. Raises RefusedPath, OSError."""
        if path.is_directory:
            raise RefusedPath(409, "This is a directory; upload to the path of a file.")
        self._name = path.names[-1]
        self._temporary = f".upload-{secrets.token_hex(12)}.part"
        self._directory = _parent(root, path)
        try:
            self.replaces = self._check(headers)
            with refusing():
                self._descriptor = os.open(self._temporary, _NEW, 0o666, dir_fd=self._directory)
        except BaseException:
            os.close(self._directory)
            raise
        self._sink: Any = None

    @property
    def size(self) -> int:
        """How many bytes have been written."""
        return 0 if self._sink is None else int(self._sink.bytes_written)

    def _check(self, headers: Mapping[str, Any]) -> bool:
        """Whether there is a file of this name. Raises RefusedPath if it may not be replaced."""
        status = self._existing()
        if status is not None and stat.S_ISDIR(status.st_mode):
            raise RefusedPath(409, "There is a directory of this name.")
        if status is not None and not stat.S_ISREG(status.st_mode):
            raise RefusedPath(403, "What has this name is no ordinary file.")
        tag = None if status is None else entity_tag(status)
        if failed_condition("PUT", headers, tag, 0 if status is None else status.st_mtime):
            raise RefusedPath(412, "The file is not as the request expects it to be.")
        return status is not None

    def _existing(self) -> os.stat_result | None:
        try:
            with refusing():
                return os.stat(self._name, dir_fd=self._directory, follow_symlinks=False)
        except RefusedPath as refusal:
            if isinstance(refusal.__cause__, FileNotFoundError):
                return None
            raise

    async def write(self, source: Any) -> None:
        """Write all of a stream. Raises what it fails with, RefusedPath when the disk is full.

        Not by pipeline(): that would destroy the request, and its connection with it, before we can say what is wrong.
        """
        sink = self._sink = create_write_stream(None, fd=self._descriptor)
        self._descriptor = -1  # it is the stream's now, which closes it whatever happens
        written = finished(sink)
        if source.destroyed and not source.complete:
            sink.destroy()
        else:
            source.on("error", sink.destroy)
            source.pipe(sink)
        try:
            await written
        except OSError as error:
            source.resume()  # the rest goes by
            if error.errno is not None and abs(error.errno) in _NO_ROOM:
                raise RefusedPath(507, "There is no room left on the disk.") from error
            raise

    def commit(self) -> None:
        """It is complete: give it its name. Raises RefusedPath, OSError."""
        with refusing():
            os.rename(self._temporary, self._name, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        self._temporary = ""

    def close(self) -> None:
        """Let go of everything; what was not committed is removed."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        if self._temporary:
            with suppress(OSError):
                os.unlink(self._temporary, dir_fd=self._directory)
        os.close(self._directory)


def _parent(root: str, path: RequestPath) -> int:
    try:
        return open_directory(root, resolved(root, path.names[:-1]))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RefusedPath(409, "The directory to upload to does not exist.") from error
