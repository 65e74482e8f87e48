"""A page printed to PDF, by a browser of the system or by WeasyPrint.

This file must never import anything of Spillover but `brief`, `errors` and `store`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from spillover.errors import RunError

__all__ = ["find_browser", "to_pdf"]


def find_browser() -> str | None:
    """A browser of the system that can print, or nothing."""
    for name in (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "msedge",
        "microsoft-edge",
    ):
        path = shutil.which(name)
        if path:
            return path
    usual = (
        "C:/Program Files/Google/Chrome/Application/chrome.exe",
        "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    )
    return next((p for p in usual if Path(p).is_file()), None)


def to_pdf(html: str, path: Path) -> None:
    """Print a page to PDF with a browser of the system, or WeasyPrint.

    Raises
    ------
    RunError
        When there is neither.
    """
    browser = find_browser()
    path.parent.mkdir(parents=True, exist_ok=True)
    if browser is None:
        try:
            import weasyprint
        except ImportError:
            msg = "a PDF needs Chromium, Chrome or Edge on this machine, or: pip install 'spillover[pdf]'"
            raise RunError(msg) from None
        weasyprint.HTML(string=html).write_pdf(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "brief.html", Path(folder) / "brief.pdf"
        source.write_text(html, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-sync",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")
        done = subprocess.run(
            [*command, source.as_uri()], capture_output=True, timeout=120, check=False
        )
        if not target.is_file():
            msg = f"the browser {browser} did not print: {done.stderr.decode(errors='replace').strip()[-200:]}"
            raise RunError(msg)
        part = path.with_name(f".{path.name}.part")
        shutil.copyfile(target, part)
        part.replace(path)
