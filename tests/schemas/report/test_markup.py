from schemas.report.markup import LONGEST, data_text, element, joined


def test_texts_are_escaped_and_elements_are_not():
    assert element("p", "<b>", element("i", "&")) == "<p>&lt;b&gt;<i>&amp;</i></p>"
    assert joined("<", element("i")) == "&lt;<i></i>"


def test_attributes_are_escaped():
    assert element("td", class_='"x" y', aria_label="a") == (
        '<td class="&quot;x&quot; y" aria-label="a"></td>'
    )


def test_texts_of_the_data_are_cut_isolated_and_printable():
    assert data_text("a\x00\x1b\nb") == "<bdi>a\ufffd\ufffd\ufffdb</bdi>"
    assert data_text("\u202eabc") == "<bdi>\u202eabc</bdi>"
    assert data_text("x" * LONGEST) == f"<bdi>{'x' * LONGEST}</bdi>"
    assert data_text("x" * (LONGEST + 1)) == f"<bdi>{'x' * (LONGEST - 1)}…</bdi>"
