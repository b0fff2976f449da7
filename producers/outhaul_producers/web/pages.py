"""Pages for people: the API to look through, and what each kind of problem means. They load nothing from elsewhere."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response

from outhaul_producers.web.problems import KINDS, Problem

pages = Blueprint("pages", __name__)

_BROWSE = Path(__file__).parent / "browse.html"
_PARTS = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)


@pages.get("/docs")
def browse() -> Response:
    """Show the OpenAPI document as a page."""
    page, policy = _page()
    return Response(page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


@pages.get("/problems/<string:kind>")
def explain_problem(kind: str) -> Response:
    """Say what a kind of problem means and what to do about it."""
    if kind not in KINDS:
        raise Problem("not-found", f"expected one of {', '.join(KINDS)}")
    told = KINDS[kind]
    return Response(f"{told.title} ({told.status})\n\n{told.advice}\n", content_type="text/plain; charset=utf-8")


@cache
def _page() -> tuple[str, str]:
    """Return the page, and a policy under which exactly its own script and style run."""
    page = _BROWSE.read_text(encoding="utf-8")
    allowed = {name: _hash(text) for name, text in _PARTS.findall(page)}
    sources = " ".join(f"{name}-src 'sha256-{digest}';" for name, digest in allowed.items())
    return page, f"default-src 'none'; connect-src 'self'; {sources} base-uri 'none'; frame-ancestors 'none'"


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()
