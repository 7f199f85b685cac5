"""The header Link, as RFC 8288 has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storehouse.sources.rest.links import Link, links, next_target

PAGE = "http://shop.test/orders?page=1"


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('</2>; rel="next"', "/2"),
        ("</2>;rel=next", "/2"),
        ("</2> ; REL = Next", "/2"),
        ('</2>; title="more, please; <now>"; rel="next"', "/2"),
        (r'</2>; title="a \"quoted\", \\"; rel="next"', "/2"),
        ('</1>; rel="prev", </2>; rel="next"', "/2"),
        ('</1>; rel="prev",</2>; rel="next",', "/2"),
        (', ,</2>;;rel="next";', "/2"),
        ('</2>; rel="last next"', "/2"),
        ('</2>; rel="prev\tNEXT"', "/2"),
        ("</2>; rel='next'", "/2"),
        ('</2?a=1,2;b=3>; rel="next"', "/2?a=1,2;b=3"),
        ('</2>; rel="next", </3>; rel="next"', "/2"),
        ("</2>; title*=UTF-8''a%2C; rel=\"next\"", "/2"),
        ("</2>; rel=next; crossorigin", "/2"),
        ('<>; rel="next"', ""),
        (f'</2>; rel="next"; anchor="{PAGE}"', "/2"),
        ('</2>; rel="next"; anchor=""', "/2"),
        ('</2>; rel="next"; anchor="/customers"', None),
        ('</x>; rel="next"; anchor="/customers", </2>; rel="next"', "/2"),
        ('</2>; rel="next"; anchor="#chapter"', None),
        ('</2>; rel="prev"; rel="next"', None),
        ('</2>; rev="next"', None),
        ('</2>; rel="http://shop.test/next"', None),
        ("</2>; rel=http://shop.test/next", None),
        ('</2>; rel="nextish next-page x:next"', None),
        ('</2>; title="rel=next"', None),
        ('</2>; title="; rel=\\"next\\""', None),
        ("</2>", None),
        ("", None),
        (" , ", None),
    ],
)
def test_the_next_page_is_found_where_the_header_names_it(header: str, target: str | None) -> None:
    assert next_target(header, PAGE) == target


@pytest.mark.parametrize(
    "header",
    [
        "next",
        'http://shop.test/2; rel="next"',
        '</2; rel="next"',
        '</2>; rel="next',
        '</2>; rel="ne"xt"',
        '</2> rel="next"',
        '</2>; title="x" </3>; rel="next"',
        '</1>; rel="next", oops',
    ],
)
def test_what_can_not_be_read_is_no_end_of_the_list(header: str) -> None:
    with pytest.raises(ValueError, match="character"):
        next_target(header, PAGE)


TOKENS = st.text("!#$%&*+.^_|~abcXYZ019-", min_size=1, max_size=6)
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
SPACE = st.text(" \t", max_size=2)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Link]:
    target = draw(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=9))
    target = target.replace(">", "")
    text = f"<{target}>"
    parameters: dict[str, str] = {}
    for _ in range(draw(st.integers(0, 4))):
        name, value = draw(TOKENS), draw(TEXTS)
        text += draw(SPACE) + ";" + draw(SPACE) + name + draw(SPACE)
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        form = draw(st.sampled_from(["quoted", "token", "none"]))
        if form == "quoted":
            text += "=" + draw(SPACE) + f'"{quoted}"'
        elif form == "token":
            value = draw(TOKENS)
            text += "=" + draw(SPACE) + value
        else:
            value = ""
        parameters.setdefault(name.lower(), value.strip())
    return text, Link(target, parameters)


@given(st.lists(written(), max_size=4), SPACE)
def test_whatever_is_written_by_the_grammar_is_read_back(
    made: list[tuple[str, Link]], space: str
) -> None:
    assert list(links(f"{space},{space}".join(text for text, _ in made))) == [
        link for _, link in made
    ]
