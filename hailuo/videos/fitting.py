"""Re-encode a video under a size. Runs in a child process only."""

# PyAV's own types leave the stream of a packet open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av

from hailuo.children.files import part_of, publish
from hailuo.videos import encoding
from hailuo.videos.errors import VideoUnfittableError
from hailuo.videos.reading import measure, open_video

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from hailuo.videos.encoding import Encoding

TRIES: Final = 3
_SAMPLE_RATE: Final = 48_000
_CLOCK: Final = Fraction(1, 90_000)
"""Time base of what is written: every frame rate in use is whole in it, or close enough."""
_X264: Final = {"preset": "faster", "threads": "2"}


def fit(source: Path, target: Path, max_bytes: int) -> int:
    """Write the video to ``target`` as an MP4 of at most ``max_bytes``; return the tries it took.

    Raise `VideoUnfittableError` where it would not be worth watching at that size.
    """
    facts = measure(source)
    plan = encoding.plan(facts, max_bytes)
    if plan is None:
        raise VideoUnfittableError(f"{facts} under {max_bytes} bytes")
    part = part_of(target)
    for tries in range(1, TRIES + 1):
        _encode(source, part, plan)
        came_out = part.stat().st_size
        if came_out <= max_bytes:
            publish(target)
            return tries
        plan = plan.corrected(came_out, max_bytes)
    part.unlink()
    raise VideoUnfittableError(f"{facts} still over {max_bytes} bytes after {TRIES} tries")


def _encode(source: Path, part: Path, plan: Encoding) -> None:
    with (
        open_video(source) as (container, stream),
        av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as output,
    ):
        sound = container.streams.audio[0] if plan.audio_rate and container.streams.audio else None
        video = _video_stream(output, plan)
        audio = _audio_stream(output, plan) if sound is not None else None
        for frame in _frames(container, stream, sound, plan.fps):
            if isinstance(frame, av.VideoFrame):
                scaled = frame.reformat(plan.width, plan.height, format="yuv420p")
                output.mux(video.encode(scaled))
            elif audio is not None:
                output.mux(audio.encode(frame))
        output.mux(video.encode(None))
        if audio is not None:
            output.mux(audio.encode(None))


def _video_stream(output: OutputContainer, plan: Encoding) -> VideoStream:
    # A buffer of one second: no scene may take much more than its share of the size.
    limits = {"maxrate": str(plan.video_rate), "bufsize": str(plan.video_rate)}
    rate = Fraction(plan.fps).limit_denominator(1001)
    stream = output.add_stream("libx264", rate=rate, options=_X264 | limits)
    stream.width, stream.height, stream.pix_fmt = plan.width, plan.height, "yuv420p"
    stream.codec_context.time_base = _CLOCK
    stream.bit_rate = plan.video_rate
    return stream


def _audio_stream(output: OutputContainer, plan: Encoding) -> AudioStream:
    stream = output.add_stream("aac", rate=_SAMPLE_RATE)
    stream.layout = "stereo"
    stream.bit_rate = plan.audio_rate
    return stream


def _frames(
    container: InputContainer, stream: VideoStream, sound: AudioStream | None, fps: float
) -> Iterator[VideoFrame | AudioFrame]:
    """Yield pictures, no more than ``fps`` a second, and sound, as they come in the file."""
    streams = [stream] if sound is None else [stream, sound]
    due = 0.0
    for frame in container.decode(*streams):
        if isinstance(frame, av.AudioFrame):
            yield frame
        elif isinstance(frame, av.VideoFrame) and frame.pts is not None:
            if frame.time < due - 0.5 / fps:
                continue
            due = max(due + 1 / fps, frame.time)
            yield frame
