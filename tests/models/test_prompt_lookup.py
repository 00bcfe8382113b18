from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.prompt_lookup import LONGEST_GUESS, PromptLookup


def test_what_followed_the_same_tokens_is_guessed() -> None:
    assert PromptLookup([1, 2, 3, 4, 5, 6, 9, 1, 2]).guess(3) == [3, 4, 5]


def test_the_last_time_counts_and_the_longest_run_before_it() -> None:
    assert PromptLookup([1, 2, 7, 1, 2, 8, 1, 2]).guess(1) == [8]
    assert PromptLookup([5, 1, 2, 7, 6, 1, 2, 8, 5, 1, 2]).guess(1) == [7]


def test_nothing_is_guessed_from_nothing() -> None:
    for tokens in ([], [1], [1, 2], [1, 2, 3, 4]):
        assert PromptLookup(tokens).guess(8) == []
    assert PromptLookup([1, 2, 3, 1, 2]).guess(0) == []


def test_a_repetition_goes_on_within_itself() -> None:
    lookup = PromptLookup([1, 1, 1])
    assert lookup.guess(2) == [1]
    for token in lookup.guess(2):
        lookup.append(token)
    assert lookup.last == 1
    assert len(lookup) == 4


def test_guesses_grow_with_success_and_pause_after_failures() -> None:
    lookup = PromptLookup([*range(20), 0, 1])
    first = len(lookup.guess(99))
    lookup.learn(first, first)
    assert len(lookup.guess(99)) == LONGEST_GUESS
    lookup.learn(LONGEST_GUESS, 0)
    assert len(lookup.guess(99)) < LONGEST_GUESS
    for _ in range(4):
        lookup.learn(4, 0)
    assert lookup.guess(99) == []
    assert any(lookup.guess(99) for _ in range(20))


@given(tokens=st.lists(st.integers(0, 3), max_size=40), added=st.lists(st.integers(0, 3), max_size=10))
def test_tokens_added_one_by_one_are_as_good_as_all_at_once(tokens: list[int], added: list[int]) -> None:
    lookup = PromptLookup(tokens)
    lookup.guess(1)
    for token in added:
        lookup.append(token)
    together = PromptLookup(tokens + added)
    assert lookup.guess(4) == together.guess(4)
    every = tokens + added
    guess = together.guess(4)
    assert not guess or any(every[at : at + len(guess)] == guess for at in range(len(every)))
