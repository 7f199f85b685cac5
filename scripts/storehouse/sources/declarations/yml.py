"""Reading a yml file strictly: a repeated key is refused, where yaml would drop one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from storehouse.core.display import brief
from storehouse.core.errors import ConfigError


def read_yml(path: Path) -> Any:
    """The file's content. Raises FileNotFoundError, and ConfigError if it can't be used."""
    try:
        loader = yaml.CSafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_repeats(path, node)
        return loader.construct_document(node)
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} can't be read: {error}. Repair it and run again.") from error
    except (ValueError, RecursionError) as error:  # an invalid date; nested too deeply
        raise ConfigError(
            f"{path} contains an invalid value: {brief(str(error))}. Repair it and run again."
        ) from error


def _refuse_repeats(path: Path, node: yaml.Node) -> None:
    for mapping in _mappings(node):
        seen = set()
        for key, _ in mapping.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if (key.tag, key.value) in seen:
                raise ConfigError(
                    f"{path}, line {key.start_mark.line + 1}: key {brief(key.value)!r} occurs "
                    "twice in one mapping. Keep one of them and run again."
                )
            seen.add((key.tag, key.value))


def _mappings(node: yaml.Node) -> Iterator[yaml.MappingNode]:
    """All mappings of a document, each once: an alias is the node that it names."""
    waiting, known = [node], {id(node)}
    while waiting:
        one = waiting.pop()
        if isinstance(one, yaml.MappingNode):
            yield one
            below = [part for pair in one.value for part in pair]
        else:
            below = list(one.value) if isinstance(one, yaml.SequenceNode) else []
        waiting += [part for part in below if id(part) not in known]
        known.update(map(id, below))
