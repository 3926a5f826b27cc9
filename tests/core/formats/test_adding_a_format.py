"""Bruno follows docs/developer/add-a-format.md: the page's own code is run."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from dop2i.core.formats import BytesSource
from dop2i.core.formats.base import FormatReader
from dop2i.errors import UnreadableFile
from dop2i.registry import Registry

PAGE = Path(__file__).parents[3] / "docs" / "developer" / "add-a-format.md"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[FormatReader, str]:
    """The reader of the page, found by a registry in a folder of its own, and the page's sample."""
    reader_code, sample_code = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    package = tmp_path / "brunos_formats"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "spe.py").write_text(reader_code)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("brunos_formats")]:
        monkeypatch.delitem(sys.modules, name)
    found: Registry[Any] = Registry("brunos_formats", FormatReader, group="dop2i.nothing")
    assert list(found) == ["spe"]
    module = types.ModuleType("sample")
    exec(sample_code, module.__dict__)
    return found["spe"], module.__dict__["SAMPLE"]


def test_the_reader_of_the_page_works(example: tuple[FormatReader, str]) -> None:
    reader, sample = example
    assert reader.recognises("a.txt", sample.encode()) == 1.0
    found = reader.describe(BytesSource("a.spe", sample.encode()))
    assert found.tables[0].columns[0].maximum == 17
    assert found.proposals[0].value == "Cobalt source, 10 cm"


def test_the_reader_of_the_page_tells_cut_files(example: tuple[FormatReader, str]) -> None:
    reader, sample = example
    for part in range(10):
        with pytest.raises(UnreadableFile, match=r"a\.spe"):
            reader.describe(BytesSource("a.spe", sample.encode()[: (len(sample) - 3) * part // 10]))
