"""The page on the command line says what the commands say."""

from __future__ import annotations

from docs import command_line


def test_the_page_is_up_to_date():
    written = command_line.PAGE.read_text(encoding="utf-8")
    assert written == command_line.page(), "python -m docs.command_line writes it again"


def test_the_page_names_every_exit_code():
    from wxb import errors

    codes = {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, int)}
    assert set(command_line.CODES) == codes
