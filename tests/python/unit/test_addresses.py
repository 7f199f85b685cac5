"""Which links are followed, and by which address."""

from __future__ import annotations

import httpx
import pytest

from storehouse.core.errors import SourceContractError
from storehouse.sources.rest.addresses import own

HTTPS = "https://shop.test/api"
ODD = "http://shop.test:8080"
SIX = "https://[2001:db8::1]:444"


@pytest.mark.parametrize(
    ("source", "link", "target"),
    [
        (HTTPS, "https://shop.test/api/orders?page=2", "/orders?page=2"),
        (HTTPS, "http://shop.test/api/orders?page=2", "/orders?page=2"),
        (HTTPS, "http://shop.test:80/api/orders?page=2", "/orders?page=2"),
        (HTTPS, "http://shop.test:443/api/orders?page=2", "/orders?page=2"),
        (HTTPS, "HTTPS://SHOP.Test./api/orders?page=2#top", "/orders?page=2"),
        (HTTPS, "http://me:secret@shop.test/api/orders?page=2", "/orders?page=2"),
        (HTTPS, "//shop.test/api/orders?page=2", "/orders?page=2"),
        (HTTPS, "/api/orders?page=2", "/orders?page=2"),
        (HTTPS, "/api?page=2", "/api?page=2"),
        (HTTPS, "?page=2", "/orders?page=2"),
        (HTTPS, "orders;page=2", "/orders;page=2"),
        (HTTPS, "../api/2", "/2"),
        (HTTPS, "", "/orders?page=1"),
        (HTTPS, "/api/api/orders", "/api/api/orders"),
        (HTTPS, "/api//orders", "/api//orders"),
        (HTTPS, " https://shop.test/api/2 ", "/2"),
        (HTTPS, "https://shop.test/api/2?back=http://x/&q=a%20b%2F", "/2?back=http://x/&q=a%20b%2F"),
        (HTTPS, "https://shop.test/v2/orders", "https://shop.test/v2/orders"),
        (HTTPS, "/apiary", "https://shop.test/apiary"),
        (ODD, "http://shop.test:8080/2", "/2"),
        (ODD, "https://shop.test:8080/2", "/2"),
        (ODD, "https://shop.test/2", "/2"),
        (ODD, "http://shop.test/2", "/2"),
        (ODD, "http://shop.test:8080//2", "http://shop.test:8080//2"),
        (SIX, "https://[2001:DB8:0::1]:444/2", "/2"),
        (SIX, "http://[2001:db8::1]/2", "/2"),
    ],
)  # fmt: skip
def test_a_link_of_its_own_is_asked_for_where_the_source_lives(
    source: str, link: str, target: str
) -> None:
    assert own(httpx.URL(source), f"{source}/orders?page=1", link) == target


@pytest.mark.parametrize(
    ("source", "link", "named"),
    [
        (HTTPS, "https://other.test/api/2?token=secret", "https://other.test for"),
        (HTTPS, "//other.test/api/2", "https://other.test for"),
        (HTTPS, "https://me:secret@other.test/api", "https://other.test for"),
        (HTTPS, "https://shop.test:8443/api/2", "https://shop.test:8443 for"),
        (HTTPS, "http://shop.test/2", "http://shop.test, outside of the path of its address, for"),
        (HTTPS, "https://shop.test.other.test/api", "https://shop.test.other.test for"),
        (HTTPS, "ftp://shop.test/api/2", "ftp://shop.test for"),
        (HTTPS, "javascript:secret", "javascript:// for"),
        (ODD, "http://shop.test:8081/2", "http://shop.test:8081 for"),
        (SIX, "https://[2001:db8::2]:444/2", "https://[2001:db8::2]:444 for"),
        (HTTPS, "https://[x/2", "https://%5bx for"),
        (HTTPS, "https://shop.test:port/2", "is not an address"),
    ],
)
def test_a_link_elsewhere_is_refused_by_scheme_and_host(source: str, link: str, named: str) -> None:
    with pytest.raises(SourceContractError) as raised:
        own(httpx.URL(source), f"{source}/orders?page=1", link)
    assert named in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "/api" not in str(raised.value)
