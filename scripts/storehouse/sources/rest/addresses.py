"""Which addresses that an API names are its own, and how they are asked for.

Behind a proxy an API may know neither the scheme nor the port that it is reached by. What it
names by its own host is asked for as the source is declared: nothing ever goes elsewhere.
"""

from __future__ import annotations

from ipaddress import IPv6Address

import httpx

from storehouse.core.errors import SourceContractError

_PORTS = {"http": 80, "https": 443}


def own(source: httpx.URL, asked: str, link: str) -> str:
    """A link of the answer to `asked`, as the path and query to ask the source for.

    Raises SourceContractError for an address elsewhere.
    """
    try:
        named = httpx.URL(asked).join(link.strip())
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
    """A target as requests name it, since the path of the source may be secret.

    As it is where it would be taken for another one then.
    """
    named = target.removeprefix(source.path.rstrip("/"))
    is_clear = named.startswith("/") and not named.startswith("//") and not below(source, named)
    return named if is_clear else target


def below(source: httpx.URL, target: str) -> bool:
    """Whether the path of a target is that of the source, or lies below it."""
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
    """Scheme, host and port: what else is in an address may be secret."""
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{address.scheme}://{host}" + (f":{address.port}" if address.port else "")


def _is_here(source: httpx.URL, named: httpx.URL) -> bool:
    """By another scheme too, and without the port that only the outside knows."""
    ports = (None, source.port or _PORTS[source.scheme])
    return named.scheme in _PORTS and _host(named) == _host(source) and named.port in ports


def _origin(address: httpx.URL) -> tuple[str, str, int | None]:
    return address.scheme, _host(address), address.port


def _host(address: httpx.URL) -> str:
    host = address.host.lower().rstrip(".")
    return str(IPv6Address(host)) if ":" in host else host
