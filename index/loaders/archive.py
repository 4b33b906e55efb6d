"""Open the ZIP archives that documents and e-books are.

Within limits on what they may expand to.
"""

from __future__ import annotations

import io
import zipfile

from index.loaders.encoding import Unreadable

MAX_EXPANDED = 200_000_000  # bytes that the parts may have together
MAX_RATIO = 100  # how far a part may expand
MAX_PARTS = 5_000


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Open a ZIP archive; refuse one that states a size beyond the limits.

    The sandbox bounds what it really holds.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable("loaders.damaged_archive", error=error) from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_EXPANDED:
        raise Unreadable("loaders.expands_too_much", parts=MAX_PARTS, size=MAX_EXPANDED)
    if any(part.file_size > max(1_000_000, MAX_RATIO * part.compress_size) for part in parts):
        raise Unreadable("loaders.part_expands", ratio=MAX_RATIO)
    return archive
