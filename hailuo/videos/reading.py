"""Open a stranger's video and trust nothing it says. Runs in a child process only."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from errno import EACCES, EIO, ENOENT, ENOSPC, EROFS
from typing import TYPE_CHECKING, Final

import av
import av.error
from av.codec.context import ThreadType

from hailuo.videos.container import container_of
from hailuo.videos.errors import VideoRefusedError, VideoTooCostlyError, VideoUnreadableError
from hailuo.videos.video import VideoInfo

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_PIXELS: Final = 4096 * 2304
_CODECS: Final = "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,mpeg4,aac,mp3,mp3float,opus"
_OPTIONS: Final = {
    # A playlist or a list of parts would make FFmpeg open other files and addresses.
    "protocol_whitelist": "file",
    "codec_whitelist": _CODECS,
}
_NOT_THE_VIDEO: Final = frozenset({EACCES, EIO, ENOENT, ENOSPC, EROFS})
"""What a disk says; everything else FFmpeg says is of the file's making."""
_TAIL_SECONDS: Final = 2
_SMALLEST_SHARE: Final = 0.9


@contextmanager
def open_video(source: Path) -> Generator[tuple[InputContainer, VideoStream], None, None]:
    """Open the file and its first video stream; raise a `VideoRefusedError` for what fails inside.

    The container is chosen by the file's first bytes, never by FFmpeg's guess.
    """
    try:
        kind = container_of(source)
        if kind is None:
            raise VideoUnreadableError("starts like no video")
        with av.open(f"file:{source}", format=kind, options=_OPTIONS) as container:
            if not container.streams.video:
                raise VideoUnreadableError("no video stream")
            stream = container.streams.video[0]
            if not stream.codec_context:  # PyAV knows not even the size then
                raise VideoUnreadableError("no decoder")
            if stream.width * stream.height > MAX_PIXELS:
                raise VideoTooCostlyError(f"{stream.width}x{stream.height} pixels")
            stream.thread_type = ThreadType.NONE
            yield container, stream
    except VideoRefusedError:
        raise
    except MemoryError as error:
        raise VideoTooCostlyError(f"out of memory: {error}") from error
    except (av.error.FFmpegError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _NOT_THE_VIDEO:
            raise
        raise VideoUnreadableError(f"{type(error).__name__}: {error}"[:300]) from error


def measure(source: Path) -> VideoInfo:
    """Read every packet and decode the first frame; raise if the file is not whole."""
    with open_video(source) as (container, stream):
        first = next(container.decode(stream), None)
        if first is None:
            raise VideoUnreadableError("no frame")
        declared = _declared_seconds(container, stream)
        reached, packets = _read_to_end(container, stream)
        if packets < stream.frames or reached < declared * _SMALLEST_SHARE:
            raise VideoUnreadableError(
                f"{packets} of {stream.frames} frames, {reached:.2f} of {declared:.2f} seconds"
            )
        seconds = declared or reached
        if seconds <= 0:
            raise VideoUnreadableError("no duration")
        return VideoInfo(
            width=first.width,
            height=first.height,
            duration=timedelta(seconds=seconds),
            codec=stream.codec.canonical_name,
            fps=float(stream.average_rate or packets / seconds),
            bytes=source.stat().st_size,
            has_audio=bool(container.streams.audio),
        )


def first_frame(source: Path) -> VideoFrame:
    """Return the frame that the video opens with."""
    with open_video(source) as (container, stream):
        for frame in container.decode(stream):
            return frame
    raise VideoUnreadableError("no frame")


def last_frame(source: Path) -> VideoFrame:
    """Return the frame that the video ends on."""
    with open_video(source) as (container, stream):
        tail = _declared_seconds(container, stream) - _TAIL_SECONDS
        if tail > 0:
            container.seek(int(tail * av.time_base))
        last: VideoFrame | None = None
        for frame in container.decode(stream):
            last = frame
        if last is None:
            raise VideoUnreadableError("no frame")
        return last


def _declared_seconds(container: InputContainer, stream: VideoStream) -> float:
    """Return the duration that the file claims, or 0: a stream that was cut live claims none."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _read_to_end(container: InputContainer, stream: VideoStream) -> tuple[float, int]:
    """Return when the last sound packet of pictures ends, and how many there are."""
    container.seek(0)
    end, packets = 0.0, 0
    for packet in container.demux(stream):
        if packet.pts is None or packet.is_corrupt:
            continue  # the flush at the end, and what the end of a cut file left
        packets += 1
        end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    start = float((stream.start_time or 0) * (stream.time_base or 0))
    return end - start, packets
