"""Files that are whole or not there: written beside their place, and put into it when they are done."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` at the end; after a fault or Ctrl-C nothing is left of it.

    Raises OSError where it can't be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())  # some disks say only now that they are full
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
