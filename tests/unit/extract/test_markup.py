"""HTML and Markdown as they are heard: samples with what is spoken of them, and the rules one by one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InputError
from shared.extract import extract
from tests.unit.extract.books import LIMITS

SAMPLES = Path(__file__).parents[2] / "samples" / "markup"


def html(body: str) -> str:
    """All that is spoken of it, its inputs as they are sent."""
    return "\n\n".join(extract("a.html", body.encode(), LIMITS).inputs)


def markdown(text: str) -> str:
    return "\n\n".join(extract("a.md", text.encode(), LIMITS).inputs)


@pytest.mark.parametrize("name", [path.stem for path in sorted(SAMPLES.glob("*.json"))])
def test_a_sample_is_spoken_as_is_written_beside_it(name: str) -> None:
    found = extract(name, (SAMPLES / name).read_bytes(), LIMITS)
    contents = found.contents
    chapters = [
        {"title": chapter.title, "inputs": list(found.inputs[chapter.first - 1 : chapter.first - 1 + chapter.inputs])}
        for chapter in contents.chapters
    ]
    told: dict[str, Any] = {"title": contents.title, "author": contents.author, "language": contents.language}
    assert {**told, "chapters": chapters} == json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    assert not found.whole


HEARD = {
    "a heading that has its own mark": ("<h1>Who goes there?</h1>", "Who goes there?"),
    "a heading that ends in a quotation": ("<h2>He said “no”</h2>", "He said “no”."),
    "a heading in Japanese": ("<h2>第一章</h2>", "第一章。"),
    "a heading over two lines": ("<h1>One<br/>Two</h1>", "One\nTwo."),
    "words that a tag divides": ("<p>un<b>believ</b>able</p>", "unbelievable"),
    "words that only a border divides": ("<div>one<div>two</div>three</div>", "one\n\ntwo\n\nthree"),
    "lines of a poem": ("<p>Roses are red<br>Violets are blue", "Roses are red\nViolets are blue"),
    "a hidden part": ("a<p hidden>b</p><div aria-hidden='true'>c</div><i style='DISPLAY :none'>d</i>e", "a\n\ne"),
    "what is only for others": ("a <nav>b</nav> <aside>c</aside> <template>d</template> <noscript>e</noscript>", "a"),
    "a comment, CDATA and an instruction": ("a<!-- b --><![CDATA[c]]><?d e?>f", "af"),
    "entities": ("Fish &amp; chips &copy; &eacute;&#x20AC;&nbsp;5", "Fish & chips © é€ 5"),
    "what no voice can say": ("so&shy;ft zero\u200bwidth \u2028 line &#1; end", "soft zerowidth line end"),
    "a picture in a sentence": ('The <img alt="red"> one', "The red one"),
    "a picture by itself": ('<p><img alt="A lamp"></p><p><img alt=""></p>x', "A lamp.\n\nx"),
    "a link by its text": ('See <a href="https://example.org/a?b">the page</a>.', "See the page."),
    "a link that shows its address": ('See <a href="x">https://example.org/a?b=c#d</a>.', "See example.org."),
    "notes": ('It is<a href="#n">[12]</a> so<sup><a href="a.html#b">*</a>, <a href="#c">†</a></sup>.', "It is so."),
    "notes by their role": ('It is<a epub:type="noteref" href="n.html">see note</a> so.', "It is so."),
    "an exponent": ("E = mc<sup>2</sup>", "E = mc2"),
    "a place within the page": ('Go to <a href="#three">part three</a>.', "Go to part three."),
    "a list": (
        "You need:<ul><li>eggs<li>milk;<li>flour!</ul>Then stir.",
        "You need:\n\neggs.\nmilk;\nflour!\n\nThen stir.",
    ),
    "two lists": ("<ul><li>a</ul><ol><li>b</ol>", "a.\n\nb."),
    "a table": (
        "<table><tr><th>Day<th>Tide<tr><td>Monday<td>5:30<tr><td><td>low</table>",
        "Day, Tide.\nMonday, 5:30.\nlow.",
    ),
    "a table for the layout": ("<table><tr><td><h1>One</h1><p>Text.</p></td></tr></table>", "One.\n\nText."),
    "code": ("<pre>a = 1\n\n  b = 2</pre>", "a = 1\nb = 2"),
    "readings beside signs": ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>字", "漢字"),
    "a formula": ('<math alttext="x squared"><mi>x</mi></math> is', "x squared is"),
    "XHTML's empty elements": ("<head><title/></head><p>a<br/>b<script src='x'/>c<a id='d'/>e</p>", "a\nbce"),
    "a prefix": ("<xhtml:p>a</xhtml:p><xhtml:p>b</xhtml:p>", "a\n\nb"),
    "a page number": ('one<span role="doc-pagebreak" id="p2">2</span> two', "one two"),
    "a paragraph without words": ("<p>a</p><p>* * *</p><p>b</p>", "a\n\nb"),
    "no markup at all": ("Plain words.", "Plain words."),
    "tags that never end": ("<p>a <b>b <i>c", "a b c"),
    "ends that never began": ("</b></p></div>a</table>", "a"),
}


@pytest.mark.parametrize(("document", "spoken"), HEARD.values(), ids=HEARD)
def test_this_is_heard(document: str, spoken: str) -> None:
    assert html(document) == spoken


def test_front_matter_with_a_number_too_long_is_text() -> None:
    digits = "9" * 5000
    assert markdown(f"+++\na = {digits}\n+++\nb").endswith("b")


MARKDOWN = {
    "a rule at the beginning is no front matter": ("---\nSome prose.\n\n---\n\nb", "Some prose.\n\nb"),
    "front matter in TOML": ('+++\ntitle = "T"\n+++\na', "a"),
    "front matter that is broken is text": ("---\na: [b\n---\nc", "a: [b.\n\nc"),
    "HTML in it": ("a <span hidden>b</span><!-- c --> <b>d</b>", "a d"),
    "an image": ("![A *lamp*](a.png)", "A lamp."),
    "a nested list": ("1. a\n   - b\n2. c", "a.\nb.\nc."),
    "a link by reference": ("see [the page][x]\n\n[x]: https://example.org", "see the page"),
    "an address": ("<https://example.org/a/b>", "example.org"),
    "a code block": ("    a = 1\n", "a = 1"),
}


@pytest.mark.parametrize(("text", "spoken"), MARKDOWN.values(), ids=MARKDOWN)
def test_this_is_heard_of_markdown(text: str, spoken: str) -> None:
    assert markdown(text) == spoken


@pytest.mark.parametrize("name", ["a.md", "a.markdown", "a.html", "a.HTM", "a.xhtml"])
@pytest.mark.parametrize("data", [b"", b" \n", b"<!-- only this -->", b"<script>x</script>", b"***", b"\xef\xbb\xbf"])
def test_nothing_to_speak_is_an_error(name: str, data: bytes) -> None:
    with pytest.raises(InputError, match="no text to speak"):
        extract(name, data, LIMITS)


def test_front_matter_alone_is_nothing_to_speak() -> None:
    with pytest.raises(InputError, match="no text to speak"):
        markdown("---\ntitle: a\n---\n")


def test_what_a_document_tells_is_text_of_one_line() -> None:
    front = 'title: "\\uD800A\\x01\\n  title"\nauthor: ' + "long " * 1000 + "\nlang: not a tag\n"
    contents = extract("a.md", f"---\n{front}---\nx".encode(), LIMITS).contents
    assert contents.title == "A title"
    assert len(contents.author) < 250
    assert contents.language == ""


CHAPTERS = {
    "each heading of the highest level that is there several times": (
        "# Book\n\nBefore.\n\n## One\n\na\n\n### Deeper\n\nb\n\n## Two\n\nc",
        [("Book", 1), ("One", 2), ("Two", 1)],
    ),
    "headings in a row are one": ("# Book\n\n## One\n\na\n\n## Two\n\nb", [("One", 1), ("Two", 1)]),
    "what stands before is one without a title": ("a\n\n# One\n\nb\n\n# Two\n\nc", [("", 1), ("One", 1), ("Two", 1)]),
    "one heading": ("# Only\n\na\n\nb", [("Only", 1)]),
    "no heading": ("a\n\nb", [("", 1)]),
    "a long title": (f"# {'long ' * 100}\n\na", [(("long " * 40).strip(), 1)]),
}


@pytest.mark.parametrize(("text", "chapters"), CHAPTERS.values(), ids=CHAPTERS)
def test_these_are_the_chapters(text: str, chapters: list[tuple[str, int]]) -> None:
    found = extract("a.md", text.encode(), LIMITS)
    assert [(chapter.title, chapter.inputs) for chapter in found.contents.chapters] == chapters
    firsts = [chapter.first for chapter in found.contents.chapters]
    assert firsts == [1 + sum(count for _, count in chapters[:index]) for index in range(len(chapters))]


paragraphs = st.text("ab c.", max_size=30).map(lambda text: f"{text}x")
chapters_of_paragraphs = st.lists(st.lists(paragraphs, min_size=1, max_size=6), min_size=2, max_size=6)


@given(chapters=chapters_of_paragraphs, data=st.data())
def test_an_edited_chapter_changes_no_input_of_another(chapters: list[list[str]], data: st.DataObject) -> None:
    """Whatever becomes of it: borders start anew at headings."""
    edited = data.draw(st.integers(0, len(chapters) - 1))
    after = [
        data.draw(st.lists(paragraphs, min_size=1, max_size=6)) if n == edited else chapter
        for n, chapter in enumerate(chapters)
    ]

    def inputs(version: list[list[str]]) -> list[tuple[str, ...]]:
        text = "".join(f"<h1>Chapter {n}</h1>" + "".join(f"<p>{p}" for p in ps) for n, ps in enumerate(version))
        found = extract("a.html", text.encode(), replace(LIMITS, input_characters=40))
        return [found.inputs[c.first - 1 : c.first - 1 + c.inputs] for c in found.contents.chapters]

    for number, (old, new) in enumerate(zip(inputs(chapters), inputs(after), strict=True)):
        assert number == edited or old == new


@given(document=st.text("<>/=\"' abhpiuldt1#&;!-[]\n\x85\u3002", max_size=200))
def test_whatever_it_is_it_is_spoken_or_refused(document: str) -> None:
    for name in ("a.html", "a.md"):
        try:
            found = extract(name, document.encode(), LIMITS)
        except InputError:
            continue
        assert all(any(map(str.isalnum, text)) and text == text.strip() for text in found.inputs)
        assert sum(chapter.inputs for chapter in found.contents.chapters) == len(found.inputs)


@given(lines=st.lists(st.text("abc ,.", min_size=1, max_size=40).map(str.strip).filter(lambda text: text.isalnum())))
def test_no_word_of_a_paragraph_is_lost(lines: list[str]) -> None:
    expected = Counter(word for line in lines for word in line.split())
    if expected:
        assert Counter(html("".join(f"<p>{line}</p>" for line in lines)).split()) == expected
