"""The page on vSphere, run against a vCenter as far as a simulator reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from judges import pages
from judges.vcenter import Vcenter, vcenter
from platforms.vsphere_lab import environment, estate, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = pages.how_to("vsphere.md")
BLOCKS = PAGE.blocks("sh")
pytestmark = pytest.mark.judge


class Followed:
    """What came of the page: what each block printed, and the vCenter before, in between, after."""

    def __init__(self, folder: Path, center: Vcenter) -> None:
        self.folder = folder
        self.before = snapshot(center)
        self.said: list[str] = []
        PAGE.write_files(folder)
        for block in BLOCKS:
            if "hyperleaf down" in block:
                self.made = snapshot(center)
            self.said.append(pages.followed(folder, block, environment(center), 120))
            if "hyperleaf init" in block:  # the reader's own vCenter
                estate(center, folder / "lab")
        self.after = snapshot(center)

    def of(self, command: str) -> list[str]:
        """Return what the blocks with a command printed."""
        return [said for block, said in zip(BLOCKS, self.said, strict=True) if command in block]


@pytest.fixture(scope="module")
def page(
    needed: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Followed]:
    """Follow the page once, at a vCenter that has the installer's template."""
    needed("vcenter")
    folder = tmp_path_factory.mktemp("page")
    with vcenter(folder / "vcenter") as center:
        yield Followed(folder, center)


def test_a_dry_run_says_what_would_be_made(page: Followed) -> None:
    (said,) = page.of("--dry-run")
    assert "+ port group Trunk" in said
    assert "a NIC (vmxnet3) on Trunk" in said


def test_the_template_is_a_fact(page: Followed) -> None:
    (said,) = page.of("cat facts.yaml")
    assert "template: hub-7vxwj-rhcos-cnv" in said
    assert page.made["machines"]["hub-7vxwj-rhcos-cnv"]["template"]


def test_the_machine_set_is_the_article_s(page: Followed) -> None:
    (file,) = (page.folder / "out" / "clusters" / "lab" / "15-machines").iterdir()
    made = yaml.safe_load(file.read_text(encoding="utf-8"))
    told = made["spec"]["template"]["spec"]["providerSpec"]["value"]
    networks = [one["networkName"] for one in told["network"]["devices"]]
    assert (told["template"], told["numCPUs"], told["memoryMiB"], networks) == (
        "hub-7vxwj-rhcos-cnv",
        6,
        16384,
        ["lab-192-168-4-0-b24", "Trunk"],
    )


def test_nothing_is_left_and_nothing_else_is_gone(page: Followed) -> None:
    assert page.after == page.before
