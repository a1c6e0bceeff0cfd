"""Pages, for whatever list and whatever is asked."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from tests.heroku_platform.errors import ApiError
from tests.heroku_platform.paging import cut
from tests.heroku_platform.routes import Answer, Row

names = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,5}(\.[a-z0-9-]{1,5}){0,2}", fullmatch=True), unique=True, max_size=40)


@given(names, st.integers(1, 12), st.booleans())
def test_all_pages_together_are_the_list(known: list[str], most: int, descending: bool) -> None:
    rows: list[Row] = [{"name": name, "id": str(number)} for number, name in enumerate(known)]
    span = f"name ..; max={most}" + (", order=desc" if descending else "")
    seen: list[str] = []
    while span:
        page = cut(Answer(rows, ranges=("name", "id")), span)
        assert len(page.body) <= most
        seen += [row["name"] for row in page.body]
        span = page.headers.get("Next-Range", "")
        assert page.status == (206 if span else 200)
    assert seen == sorted(known, reverse=descending)


@given(
    st.text() | st.from_regex(r"(id|version) *\]?[0-9a-z.]*\.\.[0-9a-z]*(; *(max|order)=[0-9a-z]*)?", fullmatch=True)
)
def test_whatever_is_asked_gives_a_page_or_an_error(span: str) -> None:
    rows: list[Row] = [{"version": number, "id": f"id{number}"} for number in range(20)]
    with suppress(ApiError):
        assert cut(Answer(rows, ranges=("version", "id")), span).status in {200, 206}
