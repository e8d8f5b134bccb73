"""Data inside a page stays data, whatever it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.review.pages import island

_text = st.text(st.characters(exclude_categories=["Cs"]))
_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | _text,
    lambda inner: st.lists(inner) | st.dictionaries(_text, inner),
    max_leaves=20,
)


@given(_documents)
def test_an_island_reads_back_and_cannot_end_its_element(value: Any) -> None:
    text = island(value)
    assert json.loads(text) == value
    assert not set("<>&\n\u2028\u2029") & set(text)


@pytest.mark.parametrize("words", ["</script>", "<!--<script>", "]]>", "&lt;/script&gt;"])
def test_words_that_would_end_an_element_are_kept_word_for_word(words: str) -> None:
    assert json.loads(island([words])) == [words]
