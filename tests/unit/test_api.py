"""The library does what the command does, without the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from hyperleaf.api import UnsoundError, check, load, render

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_sound_estate_is_rendered_whole_with_its_index_last() -> None:
    files = list(render(check(EXAMPLES / "01-aws-hosted")))
    assert files[-1].path == "index.json"
    assert sum(file.manifests for file in files if file.path.startswith("clusters/")) == 58


def test_an_unsound_estate_is_never_rendered(tmp_path: Path) -> None:
    estate = tmp_path / "estate.yaml"
    estate.write_text("kind: Network\n")
    with pytest.raises(UnsoundError, match=r"1 errors, the first: .*HL0050"):
        list(render(check(estate)))


def test_loading_asks_no_rule() -> None:
    assert load(EXAMPLES / "02-vsphere-lab").findings == ()
    assert [f.code for f in check(EXAMPLES / "02-vsphere-lab").findings] == ["HL0607"]


@pytest.mark.parametrize(("name", "most"), [("01-aws-hosted", 100), ("02-vsphere-lab", 30)])
def test_an_estate_is_short(name: str, most: int) -> None:
    lines = (EXAMPLES / name / "estate.yaml").read_text().splitlines()
    assert len(lines) <= most
