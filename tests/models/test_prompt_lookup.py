from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.prompt_lookup import LONGEST_GUESS, PromptLookup


def test_what_followed_the_same_tokens_is_guessed() -> None:
    assert PromptLookup([1, 2, 3, 4, 5, 6, 9, 1, 2]).guess(2) == [3, 4]


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


def test_guesses_grow_with_success() -> None:
    lookup = PromptLookup([*range(20), 0, 1])
    for _ in range(3):
        guessed = len(lookup.guess(99))
        lookup.learn(guessed, guessed)
    assert lookup.guess(99) == [*range(2, 2 + LONGEST_GUESS)]
    lookup.learn(LONGEST_GUESS, 0)
    assert len(lookup.guess(99)) < LONGEST_GUESS


def test_wrong_guesses_come_ever_more_rarely() -> None:
    lookup = PromptLookup([*range(20), 0, 1])
    asked = []
    for number in range(400):
        if guess := lookup.guess(99):
            asked.append(number)
            lookup.learn(len(guess), 0)
    gaps = [after - before for before, after in itertools.pairwise(asked)]
    assert gaps[:3] == sorted(gaps[:3])
    assert gaps[0] < gaps[-1]
    assert len(asked) < 10


def test_a_right_guess_ends_the_caution() -> None:
    lookup = PromptLookup([*range(20), 0, 1])

    def wrong() -> int:
        """Be wrong as soon as there is a guess; gives for how many tokens there was none."""
        waited = next(number for number in range(400) if lookup.guess(99))
        lookup.learn(2, 0)
        return waited

    assert wrong() < wrong() < wrong() < wrong()
    longest = wrong()
    next(number for number in range(400) if lookup.guess(99))
    lookup.learn(2, 2)
    lookup.learn(4, 0)
    lookup.learn(2, 0)
    assert wrong() < longest


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
