"""Which addresses that an API returns are its own, and how they are requested.

Behind a proxy an API may know neither the scheme nor the port that it is reached by. An address on
its own host is requested as the source is declared: no request ever goes elsewhere.
"""

from __future__ import annotations

from ipaddress import IPv6Address

import httpx

from storehouse.core.errors import SourceContractError

_PORTS = {"http": 80, "https": 443}


def own(source: httpx.URL, base: str, link: str) -> str:
    """A link in the answer from `base`, as the path and query to request from the source.

    Raises SourceContractError for an address elsewhere.
    """
    try:
        named = httpx.URL(base).join(link.strip())
    except (httpx.InvalidURL, ValueError):
        raise SourceContractError(
            "the next page that it names is not an address; declare another paging, or ask its "
            "provider"
        ) from None
    target = named.raw_path.decode("ascii")
    is_below = below(source, target)
    if not _is_here(source, named) or not (is_below or _origin(named) == _origin(source)):
        raise elsewhere(source, named)
    if is_below and not target.startswith("//"):
        return _without_root(source, target)
    return str(source.copy_with(raw_path=named.raw_path))


def _without_root(source: httpx.URL, target: str) -> str:
    """A target without the path of the source, which may be secret.

    Unchanged if it would be ambiguous without it.
    """
    named = target.removeprefix(source.path.rstrip("/"))
    is_clear = named.startswith("/") and not named.startswith("//") and not below(source, named)
    return named if is_clear else target


def below(source: httpx.URL, target: str) -> bool:
    """Whether the path of a target is the source's path or below it."""
    root = source.path.rstrip("/")
    return (target.partition("?")[0] + "/").startswith(root + "/")


def check(source: httpx.URL, address: httpx.URL) -> None:
    """Raise SourceContractError for an address that is not at the source."""
    if _origin(address) != _origin(source):
        raise elsewhere(source, address)


def elsewhere(source: httpx.URL, named: httpx.URL) -> SourceContractError:
    outside = ", outside of the path of its address," if _is_here(source, named) else ""
    return SourceContractError(
        f"it names {_shown(named)}{outside} for its next page, which is not the source's address ("
        f"{_shown(source)}): nothing was sent there. Declare another paging, ask its provider, or"
        " correct the variable of its address"
    )


def _shown(address: httpx.URL) -> str:
    """Scheme, host and port: the rest of an address may be secret."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{address.scheme}://{host}" + (f":{address.port}" if address.port else "")


def _is_here(source: httpx.URL, named: httpx.URL) -> bool:
    """Also with another scheme, and without the port that only clients know."""
    ports = (None, source.port or _PORTS[source.scheme])
    return named.scheme in _PORTS and _host(named) == _host(source) and named.port in ports


def _origin(address: httpx.URL) -> tuple[str, str, int | None]:
    return address.scheme, _host(address), address.port


def _host(address: httpx.URL) -> str:
    host = address.host.lower().rstrip(".")
    return str(IPv6Address(host)) if ":" in host else host
