from valetkey.demo.shared.templatetags.demo import with_marks


def test_between_double_asterisks_it_is_bold_and_all_else_is_text() -> None:
    assert with_marks("**In real life** `x` <i>") == "<b>In real life</b> <code>x</code> &lt;i&gt;"
    assert with_marks("**`<b>`** ** x") == "<b><code>&lt;b&gt;</code></b> ** x"
