"""How a video is to be re-encoded, by arithmetic alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from hailuo.videos.encoding import LEAST_BITS_PER_PIXEL, MAX_FPS, plan
from hailuo.videos.video import VideoInfo

MB = 1_000_000
SIXTY_MB = VideoInfo(
    width=1920,
    height=1080,
    duration=timedelta(seconds=20),
    codec="h264",
    fps=25,
    bytes=60 * MB,
    has_audio=True,
)

videos = st.builds(
    VideoInfo,
    width=st.integers(16, 4096),
    height=st.integers(16, 2304),
    duration=st.floats(0.1, 600).map(lambda seconds: timedelta(seconds=seconds)),
    codec=st.just("h264"),
    fps=st.floats(1, 120),
    bytes=st.integers(1_000, 500 * MB),
    has_audio=st.booleans(),
)


@given(video=videos, limit=st.integers(10_000, 500 * MB))
def test_the_rates_add_up_to_less_than_the_size(video: VideoInfo, limit: int) -> None:
    encoding = plan(video, limit)
    if encoding is None:
        return
    assert (encoding.video_rate + encoding.audio_rate) * video.duration.total_seconds() <= limit * 8
    assert encoding.width % 2 == encoding.height % 2 == 0
    assert max(encoding.width, encoding.height) <= 1920
    assert encoding.fps <= MAX_FPS
    per_pixel = encoding.video_rate / (encoding.width * encoding.height * encoding.fps)
    assert per_pixel >= LEAST_BITS_PER_PIXEL


@given(video=videos, limit=st.integers(10_000, 100 * MB))
def test_more_room_never_makes_the_picture_smaller(video: VideoInfo, limit: int) -> None:
    small, large = plan(video, limit), plan(video, limit * 2)
    if small is not None:
        assert large is not None
        # Sound that now has room may take a little of it from the picture.
        if small.audio_rate == large.audio_rate:
            assert large.width >= small.width
            assert large.video_rate >= small.video_rate


def test_width_is_kept_as_long_as_its_pixels_get_enough_bits() -> None:
    widths = []
    for limit in (30 * MB, 10 * MB, 3 * MB, 1 * MB):
        encoding = plan(SIXTY_MB, limit)
        assert encoding is not None
        widths.append(encoding.width)
    assert widths == [1920, 1920, 1280, 640]


def test_sound_goes_before_the_picture_does() -> None:
    encoding = plan(replace(SIXTY_MB, duration=timedelta(seconds=60)), 1 * MB)
    assert encoding is not None
    assert encoding.audio_rate == 0


def test_there_is_a_size_under_which_nothing_is_worth_watching() -> None:
    assert plan(SIXTY_MB, 50_000) is None


def test_a_second_try_aims_under_the_size() -> None:
    encoding = plan(SIXTY_MB, 10 * MB)
    assert encoding is not None
    corrected = encoding.corrected(11 * MB, 10 * MB)
    assert corrected.video_rate * 11 / 10 < encoding.video_rate
    assert (corrected.width, corrected.audio_rate) == (encoding.width, encoding.audio_rate)
