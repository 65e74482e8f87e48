import builtins

import pytest

from spillover.brief import pdf
from spillover.errors import RunError


def test_without_a_printer_it_says_how_to_mend(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *args, **more):
        if name == "weasyprint":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RunError, match="pip install"):
        pdf.to_pdf("<p>a</p>", tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()
