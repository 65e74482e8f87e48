"""Edge values that mutations put in: numbers, dates, characters, marks of formats."""

from __future__ import annotations

__all__ = ["CHARACTERS", "DATES", "NUMBERS", "TOKENS"]

NUMBERS = [
    x.encode()
    for x in (
        "0", "-0", "-1", "1", "0.0", "1e308", "1e400", "-1e400", "1e-400", "nan", "NaN",
        "inf", "-inf", "Infinity", "2147483647", "2147483648", "-2147483649",
        "9223372036854775807", "9223372036854775808", "1" * 40, "9" * 400, "9" * 5000,
        "0x7f", "1_000", "1,000", "1.", ".5", "+3", "--3", "1e", "1e5", "١٢", "²", "½",
        "0.1..0.2", "5..2", "0..1", "3~1", "100 %", "-5 %", "5 per 0 days", "rest",
    )
]  # fmt: skip
DATES = [
    x.encode()
    for x in (
        "0000-00-00", "0001-01-01", "9999-12-31", "2024-02-30", "2023-02-29",
        "2024-02-29", "10000-01-01", "20240230", "99991231", "00000000", "2024-13",
        "2024-00", "2024-W52-7", "2024-366", "2024-01-01T25:00", "1/2/3",
        "31/12/2024", "12/31/24", "31 February 2024", "1 January 0", "-2024-01-01",
        "2024-01-01 00:00:00.000", "2024-1-1", "29 February", "next Friday",
        "5879611-07-13", "294247-01-10", "1970-01-01",
    )
]  # fmt: skip
CHARACTERS = [
    b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xed\xa0\x80", b"\xed\xbf\xbf",
    b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x80\x8e",
    b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\xc2\x85", b"\xc2\xa0", b"\xe3\x80\x80",
    b"\xef\xbf\xbd", b"\xef\xbf\xbf", b"\xcc\x81", b"\xf0\x9f\x92\xa3", b"\x1b[31m",
    b"\x7f", b"\x0b", b"\x0c", b"\x1a", b"\x1f", b"\x80", b"\xe9", b"\xe2\x80\x99",
    "İ".encode(), "ß".encode(), "א".encode(), "ش".encode(), b"\\ud800", b"\\u0000",
]  # fmt: skip
TOKENS = [
    *(b",", b";", b"\t", b"|", b'"', b'""', b"'", b"\n", b"\r\n", b"\r", b"\n\n", b" "),
    *(b"[", b"]", b"{", b"}", b"(", b")", b":", b": ", b"- ", b"? ", b"&a ", b"*a"),
    *(b"!!python/object:x ", b"!!binary ", b"<<: *a", b"%YAML 9.9\n", b"---\n", b"..."),
    *(b"#", b"~", b"..", b"%", b"@", b"`", b"\\", b"/", b"//", b"<", b">", b"<!--"),
    *(b"-->", b"<p>", b"</p>", b"<html>", b"<body>", b"<![CDATA[", b"&#0;", b"&#xD800;"),
    *(b"&amp", b"<table>", b"<script>", b"</div>", b"null", b"true", b"yes", b"None"),
    *(b"*", b"in", b"from", b"by", b"not", b"is: ", b"id: ", b'{"data":[', b"PK\x03\x04"),
    *(b"\x1f\x8b", b"PAR1", b"%PDF", b"|\n", b">\n", b"|9", b"=", b"==", b"$", b"^", b"_"),
]  # fmt: skip
