# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of requests and answers that travel compressed; the headers of SLS say how, and how long they really are.

What SLS and its clients call gzip is deflate.
"""
from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping

import lz4.block
import zstd

from ..errors import CloudError
from ..wire.http import Answer

MAX_RAW = 10 * 1024 * 1024  # bytes, of a request; the help page "PutLogs"


def _inflate(data: bytes, size: int) -> bytes:
    return zlib.decompressobj().decompress(data, size + 1)


_DECOMPRESS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "lz4": lambda data, size: lz4.block.decompress(data, uncompressed_size=size),
    "zstd": lambda data, _size: zstd.decompress(data),
    "deflate": _inflate,
    "gzip": _inflate,
}
_COMPRESS: Mapping[str, Callable[[bytes], bytes]] = {
    "lz4": lambda data: lz4.block.compress(data, store_size=False),
    "zstd": zstd.compress,
    "deflate": zlib.compress,
    "gzip": zlib.compress,
}


def decompressed(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body of a request as it was before its client compressed it.

    :raises CloudError: the headers don't fit the body, or it is too long.
    """
    stated = headers.get("x-log-bodyrawsize")
    kind = headers.get("x-log-compresstype")
    if stated is None:
        raise CloudError(400, "MissingBodyRawSize", "x-log-bodyrawsize does not exist in header when it is necessary.")
    if not re.fullmatch("[0-9]{1,18}", stated):
        raise CloudError(400, "InvalidBodyRawSize", "x-log-bodyrawsize is invalid.")
    size = int(stated)
    if max(size, len(body)) > MAX_RAW:
        raise CloudError(400, "PostBodyTooLarge", f"Logs must be less than or equal to {MAX_RAW // 1024 // 1024} MB.")
    if kind is None:
        raw = body
    elif kind in _DECOMPRESS:
        try:
            raw = _DECOMPRESS[kind](body, size)
        except (lz4.block.LZ4BlockError, zlib.error, zstd.Error):
            raise CloudError(400, "PostBodyUncompressError", "Failed to decompress logs.") from None
    else:
        raise CloudError(400, "InvalidCompressType", f"x-log-compresstype {kind} is unsupported.")
    if len(raw) != size:
        raise CloudError(400, "PostBodyUncompressError", f"The logs have {len(raw)} bytes, not {size}.")
    return raw


def compressed(raw: bytes, accepted: str, headers: Mapping[str, str]) -> Answer:
    """An answer, compressed with the first method that the client accepts, or not at all.

    :param accepted: its header Accept-Encoding.
    :param headers: others of the answer.
    """
    kinds = (kind.partition(";")[0].strip().lower() for kind in accepted.split(","))
    kind = next((kind for kind in kinds if kind in _COMPRESS), None)
    sized = {**headers, "x-log-bodyrawsize": str(len(raw))}
    if kind is None or not raw:
        return Answer(200, sized, raw)
    return Answer(200, {**sized, "x-log-compresstype": kind}, _COMPRESS[kind](raw))
