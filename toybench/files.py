"""Writing files so that a crash at any moment leaves the old one or the new one."""

import contextlib
import os
import tempfile
from pathlib import Path

from toybench.errors import ToybenchError

UNFINISHED = ".unfinished-"  # beginning of the names of temporary files


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file by renaming a finished temporary one over it.

    Raises:
      ToybenchError: the disk is full, or the folder can't be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise ToybenchError(
            f"{path} can't be written ({error.strerror}); what was recorded before is intact: "
            "make room or choose another folder, and type the same command again."
        ) from None
