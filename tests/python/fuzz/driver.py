"""What all fuzzers share: running one, and keeping what made it fail.

A fuzzer is a module of this folder with a function that takes bytes and raises where the code
does with them what it should not. `python tests/python/fuzz/NAME.py -runs=N [-seed=N]` tries N
inputs; a file in place of options tries the input that it holds again.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import atheris  # type: ignore[import-untyped]

_VAR = Path(__file__).parents[3] / "var"

# Takes the folder for working files; gives what is to be tried with each input.
Prepare = Callable[[Path], Callable[[bytes], None]]


def main(prepare: Prepare, examples: Sequence[bytes], words: Sequence[bytes]) -> None:
    """Fuzz in a process of its own, which atheris ends without any clearing up.

    `examples` are inputs to begin with, `words` what formats are made of. Exits with 0 where
    all inputs were handled as they should be.
    """
    with tempfile.TemporaryDirectory(prefix="storehouse-fuzz-") as folder:
        fuzzing = os.fork()
        if fuzzing == 0:
            _fuzz(Path(folder), prepare, examples, words)
        _, status = os.waitpid(fuzzing, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


def _fuzz(
    folder: Path, prepare: Prepare, examples: Sequence[bytes], words: Sequence[bytes]
) -> None:
    listed, corpus = folder / "words", folder / "corpus"
    listed.write_text("".join(f'"{_escaped(word)}"\n' for word in words))
    corpus.mkdir()
    for number, example in enumerate(examples):
        (corpus / str(number)).write_bytes(example)
    options = [f"-artifact_prefix={_VAR}/", f"-dict={listed}", "-len_control=0", "-max_len=1000"]
    arguments = sys.argv[1:]
    if not any(Path(argument).is_file() for argument in arguments):
        arguments.append(str(corpus))
    atheris.Setup([sys.argv[0], *options, *arguments], prepare(folder))
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)
