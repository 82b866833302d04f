"""Who may ask the page's server: a table of requests, of pages of others and of our own."""

from __future__ import annotations

import pytest

from sortie.web.guard import RequestGuard, policy

GUARD = RequestGuard.of("secret", "127.0.0.1", 8088)
OURS = {"host": "127.0.0.1:8088"}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/secret/", OURS),
        ("/secret/ws", OURS | {"origin": "http://127.0.0.1:8088"}),
        ("/secret/ws", {"host": "localhost:8088", "origin": "http://localhost:8088"}),
        ("/secret/", {"host": "[::1]:8088"}),
        ("/secret/", OURS | {"sec-fetch-site": "none"}),
        ("/secret/app.js", OURS | {"sec-fetch-site": "same-origin"}),
    ],
)
def test_the_own_page_and_programs_with_the_token_are_let_in(path, headers):
    """Under every name of loopback."""
    assert GUARD.refuses(path, headers) is None


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", OURS),
        ("/ws", OURS),
        ("/secre/ws", OURS),
        ("/secrets/ws", OURS),
        ("/secret/ws", {}),
        ("/secret/ws", {"host": "evil.example:8088"}),
        ("/secret/ws", {"host": "127.0.0.1"}),
        ("/secret/ws", {"host": "127.0.0.1:8089"}),
        ("/secret/ws", {"host": "127.0.0.1:8088.evil.example"}),
        ("/secret/ws", OURS | {"origin": "http://evil.example"}),
        ("/secret/ws", OURS | {"origin": "null"}),
        ("/secret/ws", OURS | {"origin": "https://127.0.0.1:8088"}),
        ("/secret/ws", OURS | {"origin": "http://127.0.0.1:9000"}),
        ("/secret/", OURS | {"sec-fetch-site": "cross-site"}),
        ("/secret/", OURS | {"sec-fetch-site": "same-site"}),
    ],
)
def test_everybody_else_is_refused(path, headers):
    """No token or a wrong one, a name that leads here by another site's doing, a page of another origin."""
    assert GUARD.refuses(path, headers)


def test_nothing_is_loaded_from_elsewhere_but_tiles():
    """Pictures only from the address that was given."""
    assert "https" not in policy(None)
    assert "img-src 'self' data: https://tiles.example.org;" in policy("https://tiles.example.org")


def test_a_page_of_another_origin_may_be_let_in_by_name():
    """Cockpit's, by its origin, with the token; its browser is told so, and nobody else's is."""
    guard = RequestGuard.of("secret", "127.0.0.1", 8088, ["http://blueos.local/"])
    theirs = OURS | {"origin": "http://blueos.local", "sec-fetch-site": "cross-site"}
    assert guard.refuses("/secret/mavlink", theirs) is None
    assert guard.refuses("/wrong/mavlink", theirs)
    assert guard.refuses("/secret/mavlink", theirs | {"host": "evil.example:8088"})
    assert guard.for_others(theirs)["Access-Control-Allow-Origin"] == "http://blueos.local"
    assert guard.refuses("/secret/mavlink", OURS | {"origin": "http://evil.example"})
    assert guard.for_others(OURS | {"origin": "http://evil.example"}) == {}
