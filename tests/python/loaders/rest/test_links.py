"""Links to the next page, in the header and in the body: followed, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import pytest

from loaders.rest.server import Reply, Request
from loaders.rest.shop import ORDERS, RestShop
from storehouse.core.errors import SourceContractError
from storehouse.core.warehouse import connect

IN_HEADER = {"kind": "link"}
IN_BODY = {"kind": "link", "next": "meta.next"}


@pytest.fixture
def linked(shop: RestShop) -> Callable[[Sequence[str], bool], None]:
    """Serve a page of one order a link, `{n}` in which is the number of the next page."""
    shop.environ["S_URL"] = f"{shop.api.address}/api"

    def serve(links: Sequence[str], in_header: bool) -> None:
        def page(request: Request) -> Reply:
            number = int(request.query.get("page", "1"))
            link = links[number - 1] if number <= len(links) else None
            if link:
                host = urlsplit(shop.api.address).netloc
                link = link.replace("{n}", str(number + 1)).replace("{host}", host)
            meta = {} if in_header else {"next": link}
            orders = [{"id": number, "updated_at": "2026"}]
            body = json.dumps({"orders": orders, "meta": meta})
            return Reply(body, headers={"Link": link} if in_header and link else {})

        shop.api.routes = {"/api/orders": page}
        paging = IN_HEADER if in_header else IN_BODY
        shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "paging": paging})})

    return serve


HEADERS = [
    '<?page={n}>; title="more, please"; rel="next"',
    '<orders?page={n}>; rel="prev next"',
    "</api/orders?page=1>; rel=first, </api/orders?page={n}>;REL=NEXT",
    '<//{host}/api/orders?page={n}>; rel="http://x.test/next next"',
    '<http://{host}/api/orders?page={n}>; rel="next"; anchor=""',
    '<https://{host}/api/orders?page={n}>; rel="next"',
    '</x>; rel="http://x.test/next", <https://127.0.0.1/api/orders?page={n}>; rel="next"',
]
BODIES = [
    "?page={n}",
    "orders?page={n}",
    "/api/orders?page={n}",
    "//{host}/api/orders?page={n}",
    "http://{host}/api/orders?page={n}#top",
    "https://{host}/api/orders?page={n}",
    "http://me:unheeded@{host}/api/orders?page={n}",
    "http://127.0.0.1/api/orders?page={n}",
    "https://127.0.0.1./api/orders?page={n}",
]


@pytest.mark.parametrize(("links", "in_header"), [(HEADERS, True), (BODIES, False)])
def test_links_of_every_form_are_followed_to_the_last_page(
    shop: RestShop,
    linked: Callable[[Sequence[str], bool], None],
    links: Sequence[str],
    in_header: bool,
) -> None:
    linked(links, in_header)
    shop.load().raise_for_problems()
    assert [int(one) for one in shop.landed()] == list(range(1, len(links) + 2))
    assert not any("authorization" in request.headers for request in shop.api.requests)


HOOK = "/hook/T0KEN12345"


@pytest.mark.parametrize(
    "refused",
    [
        Reply(f"Cannot GET {HOOK}/orders", 405),
        Reply("", 301, {"Location": f"{HOOK}/orders/"}),
        Reply('{"orders": [{"id": 3, "updated_at": ""}], "meta": {"next": "http://x.test/"}}'),
    ],
)
def test_the_path_of_the_address_is_nowhere_seen_or_kept(shop: RestShop, refused: Reply) -> None:
    """It may be a key: pages by links, a load that stopped, and errors that say it back."""
    shop.environ["S_URL"] = shop.api.address + HOOK
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "paging": IN_BODY})})

    def page(request: Request) -> Reply:
        number = int(request.query.get("page", "1"))
        link = f"{shop.api.address}{HOOK}/orders?page={number + 1}&back=http://x/"
        orders = [{"id": number, "updated_at": "2026"}]
        return Reply(json.dumps({"orders": orders, "meta": {"next": link if number < 4 else None}}))

    shop.api.routes = {f"{HOOK}/orders": page}
    shop.api.faults = [None, None, refused]
    (error,) = shop.load().errors
    assert "GET /orders?page=3&back=http://x/: " in str(error)
    ((state,),) = shop.project.query("select state from ops.load_states")
    assert "page=3" in state
    texts = [str(error), state, *shop.landed("_source_file")]
    assert HOOK.rpartition("/")[2] not in "".join(texts)
    shop.load().raise_for_problems()
    assert shop.ids() == [1, 2, 3, 4]


def test_a_link_that_was_stored_with_the_path_of_the_address_is_followed(shop: RestShop) -> None:
    shop.environ["S_URL"] = f"{shop.api.address}/api"
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "paging": IN_BODY})})

    def page(request: Request) -> Reply:
        number = int(request.query.get("page", "1"))
        link = f"/api/orders?page={number + 1}" if number < 4 else None
        orders = [{"id": number, "updated_at": "2026"}]
        return Reply(json.dumps({"orders": orders, "meta": {"next": link}}))

    shop.api.routes = {"/api/orders": page}
    shop.api.faults = [None, Reply("", 405)]
    assert shop.load().errors
    with connect(shop.project.settings()) as con:
        con.execute("update ops.load_states set state = replace(state, '/orders', '/api/orders')")
    shop.load().raise_for_problems()
    assert shop.requested("page")[-3:] == ["2", "3", "4"]
    assert shop.ids() == [1, 2, 3, 4]


@pytest.mark.parametrize("ended", [None, "", False, 0, [], {}])
def test_what_is_no_link_ends_the_list(shop: RestShop, ended: object) -> None:
    body = {"orders": [{"id": 1, "updated_at": "2026"}], "meta": {"next": ended}}
    shop.api.routes["/orders"] = lambda _: Reply(json.dumps(body))
    shop.declare({"orders": (["id", "updated_at"], {**ORDERS, "paging": IN_BODY})})
    shop.load().raise_for_problems()
    assert shop.ids() == [1]
    assert len(shop.api.requests) == 1


@pytest.mark.parametrize(
    ("link", "in_header", "reason"),
    [
        ('</api/orders?page={n}>; rel="next', True, "its header Link can't be read: a parameter"),
        ("/api/orders?page={n}; rel=next", True, "its header Link can't be read: no address in <>"),
        ('<https://x.test/api?q=c4n4ry>; rel="next"', True, "it names https://x.test for its next"),
        ("https://c4n4ry@x.test:81/api", False, "it names https://x.test:81 for its next page"),
        (
            "https://127.0.0.1/orders?page={n}",
            False,
            "https://127.0.0.1, outside of the path of its address",
        ),
        ("http://localhost/api/orders?page={n}", False, "it names http://localhost for"),
        ("ftp://{host}/api/orders?page={n}", False, "it names ftp://127.0.0.1:"),
        ("http://x:y/", False, "is not an address"),
    ],
)
def test_a_link_that_is_refused_costs_no_page_and_is_followed_once_it_is_mended(
    shop: RestShop,
    linked: Callable[[Sequence[str], bool], None],
    link: str,
    in_header: bool,
    reason: str,
) -> None:
    good = HEADERS[0] if in_header else BODIES[0]
    linked([good, link, good], in_header)
    (error,) = shop.load().errors
    assert isinstance(error, SourceContractError)
    assert str(error).startswith("s.orders: GET /orders?page=2: ")
    assert reason in str(error)
    assert "c4n4ry" not in str(error)
    assert shop.ids() == [1, 2]
    before = len(shop.api.requests)
    assert shop.load().errors
    assert len(shop.api.requests) == before + 1
    linked([good, good, good], in_header)
    shop.load().raise_for_problems()
    assert shop.ids() == [1, 2, 3, 4]
    assert [request.query.get("page") for request in shop.api.requests[before:]] == [
        "2", "2", "3", "4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("link", "in_header"),
    [('<>; rel="next"', True), ('<?page=1>; rel="next"', True), ("?page=1", False)],
)
def test_a_page_that_names_itself_is_an_error_and_no_loop(
    shop: RestShop,
    linked: Callable[[Sequence[str], bool], None],
    link: str,
    in_header: bool,
) -> None:
    linked([link], in_header)
    (error,) = shop.load().errors
    assert "same page again" in str(error) or "loops" in str(error)
    assert len(shop.api.requests) < 5
    assert shop.ids() == [1]
