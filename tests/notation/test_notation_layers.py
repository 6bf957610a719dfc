"""The rows of the notation's layers."""

import pytest

from docs.layer_tables import DOCS, in_full, page, tables
from wxb.errors import WxbError
from wxb.notation import read
from wxb.notation.layers import LAYERS
from wxb.notation.vocabulary import aliases


@pytest.mark.parametrize("name", LAYERS)
def test_a_word_in_full_is_the_word_alone(name):
    assert read(f"CONV-{name}, SVM") == read(f"CONV-{in_full(name)}, SVM")


@pytest.mark.parametrize("name", LAYERS)
def test_a_word_carries_what_its_row_names_and_nothing_else(name):
    suffixes = LAYERS[name].suffixes
    for suffix in ("/1", "p0", "g1", "d1", "b1", "c"):
        if suffix[0].upper() in suffixes:
            read(f"{name}{suffix}, SVM")
        else:
            with pytest.raises(WxbError, match=f"{name} takes no "):
                read(f"{name}{suffix}, SVM")


@pytest.mark.parametrize("alias", sorted(aliases()))
def test_other_libraries_names_lead_to_ours(alias):
    assert aliases()[alias] not in aliases()
    with pytest.raises(WxbError) as error:
        read(f"CONV-{alias}, SVM")
    assert aliases()[alias] in error.value.what or aliases()[alias] in error.value.fix


@pytest.mark.parametrize("name", tables())
def test_the_tables_of_the_documentation_are_those_of_the_rows(name):
    written = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert written == page(name), "python -m docs.layer_tables writes it again"
    assert "\n".join(tables()[name]) in written
