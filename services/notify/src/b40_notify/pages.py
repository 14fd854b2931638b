"""The pages behind the link in every mail. Opening one changes nothing: programs that scan mails open links."""

import html

from b40_contracts.notify import Subject

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body><main><h1>{title}</h1>{body}</main></body>
</html>
"""


def asking(about: Subject | None) -> str:
    """A page with a button that ends the messages."""
    button = '<form method="post"><button name="List-Unsubscribe" value="One-Click">Stop these messages</button></form>'
    return _page("Stop these messages?", f"<p>{_what(about)}</p>{button}")


def done(about: Subject | None) -> str:
    """A page that says that the messages end."""
    return _page("Done", f"<p>You will not get these messages any more: {_what(about)}</p>")


def not_a_link() -> str:
    """A page for a link that was not made here, or is not whole."""
    return _page("This link does not work", "<p>Please copy the whole link from the message.</p>")


def _what(about: Subject | None) -> str:
    return f"Messages about {html.escape(about.value)}." if about else "All messages of the B40 Balkan Cities Network."


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=html.escape(title), body=body)
