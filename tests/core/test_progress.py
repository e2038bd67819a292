import io

from altus4_core.progress import BarProgress, LineProgress, progress_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_that_redraws_itself() -> None:
    stream = Terminal()
    progress = progress_for(stream)
    assert isinstance(progress, BarProgress)
    for share in (0.0, 0.5, 1.0):
        progress.advance("fetching", share)
    text = stream.getvalue()
    assert text.count("\r") == 3
    assert text.count("\n") == 1
    assert "[###############               ]  50%" in text
    assert text.endswith("100%\n")


def test_a_note_does_not_overwrite_an_open_bar() -> None:
    stream = Terminal()
    progress = BarProgress(stream)
    progress.advance("fetching", 0.2)
    progress.note("waiting")
    assert stream.getvalue().endswith("20%\nwaiting\n")


def test_a_log_gets_few_plain_lines() -> None:
    stream = io.StringIO()
    progress = progress_for(stream)
    assert isinstance(progress, LineProgress)
    for number in range(101):
        progress.advance("fetching", number / 100)
    assert stream.getvalue().splitlines() == [f"fetching: {share} %" for share in (0, 25, 50, 75, 100)]
    assert "\r" not in stream.getvalue()
