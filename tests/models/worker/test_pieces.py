from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.worker.completion_service import Pieces


@given(st.lists(st.text(max_size=5)))
def test_pieces_joined_are_the_text_and_the_first_comes_at_once(texts: list[str]) -> None:
    sent: list[str] = []
    pieces = Pieces(sent.append)
    for number, text in enumerate(texts):
        pieces.add(text)
        if not sent:
            assert not any(texts[: number + 1])
    pieces.flush()
    pieces.flush()
    assert "".join(sent) == "".join(texts)
    assert all(sent)
