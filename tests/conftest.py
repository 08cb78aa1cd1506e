"""The judges as fixtures of a whole run: started once, at their first use.

A judge that is not built skips its tests and says so; HYPERLEAF_JUDGES=required fails them, unless
this machine cannot have it.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from hyperleaf.lab import root, runtime
from hyperleaf.lab.modules import ModulesError
from judges import cache, frr, kea, nft
from judges.apiserver import ApiServer, api_server
from judges.frrk8s import FrrK8s
from judges.nmstate import Nmstate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def pytest_configure() -> None:
    """Let commands that tests start hear interrupts, as they do in a terminal.

    What a shell starts in the background ignores them, and so would its children.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _need(*names: str) -> None:
    for name in names:
        found = cache.find(name)
        if found.folder is None:
            if found.is_possible and os.environ.get("HYPERLEAF_JUDGES") == "required":
                pytest.fail(found.reason, pytrace=False)
            pytest.skip(found.reason)


@pytest.fixture(scope="session")
def needed() -> Callable[..., None]:
    """Offer what skips or fails a test where judges are not built."""
    return _need


@pytest.fixture(scope="session")
def apiserver() -> Iterator[ApiServer]:
    """Run a kube-apiserver that loads upstream's CRDs with the first object of their kind."""
    _need("apiserver", "crds")
    with api_server() as server:
        yield server


@pytest.fixture(scope="session")
def frr_k8s(apiserver: ApiServer) -> FrrK8s:
    """Offer the frr-k8s controller, which runs against the API server for one node at a time."""
    _need("frr-k8s")
    return FrrK8s(apiserver)


@pytest.fixture(scope="session")
def hcp_command() -> None:
    """Make sure that HyperShift's own command line is there."""
    _need("hcp")


@pytest.fixture(scope="session")
def nmstate() -> Iterator[Nmstate]:
    """Run the process that resolves nmstate policies."""
    _need("nmstate")
    with Nmstate() as resolver:
        yield resolver


@pytest.fixture(scope="session")
def frr_judge() -> frr.Frr:
    """Offer FRR in the Debian root."""
    _need("root")
    return frr.Frr()


@pytest.fixture(scope="session")
def nft_judge() -> nft.Nft:
    """Offer nft in the Debian root."""
    _need("root")
    return nft.Nft()


@pytest.fixture(scope="session")
def kea_judge() -> kea.Kea:
    """Offer Kea in the Debian root."""
    _need("root")
    return kea.Kea()


@pytest.fixture(scope="session")
def lab_root() -> Path:
    """Return the root that labs run in, made first where it is not there.

    A machine that can run no lab skips its tests and says what is missing; where one should run and
    the root cannot be made, HYPERLEAF_JUDGES=required fails them.
    """
    try:
        runtime.find("uml")
    except runtime.NoRuntimeError as error:
        pytest.skip(str(error))
    try:
        return root.ready().folder
    except (root.RootError, ModulesError) as error:
        if os.environ.get("HYPERLEAF_JUDGES") == "required":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
