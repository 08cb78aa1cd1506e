"""Builds the real components that judge what hyperleaf renders, once, into the cache.

`python -m tools.judges [NAME ...]` from the top of the repository; `make tools` builds all.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from tools.building import (
    RECIPES,
    BuildError,
    Judge,
    UnavailableError,
    Workshop,
    cache_folder,
    ensure,
    only_run,
)
from tools.crds import build_crds
from tools.debian import build_root, unpack
from tools.toolchains import cargo, go, go_build

KUBERNETES = "v1.34.4"
ETCD_RELEASE = "trixie"
RELOADER = "frr-reloader.sh"
NMSTATE = "2.2.62"
HANDLER_TYPES = "github.com/nmstate/kubernetes-nmstate/api"
# Optimizing nmstate takes longer than every policy that a test run resolves.
NMSTATE_PROFILE = {
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_STRIP": "symbols",
}


def build_apiserver(shop: Workshop) -> None:
    """Build kube-apiserver, and take etcd from Debian."""
    version = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES.removeprefix("v").split(".")
    flags = (
        f"-s -w -X {version}.gitVersion={KUBERNETES} "
        f"-X {version}.gitMajor={major} -X {version}.gitMinor={minor}"
    )
    recipe = RECIPES / "apiserver"
    unpack(shop, ETCD_RELEASE, "etcd-server", shop.scratch / "etcd")
    shutil.copy2(shop.scratch / "etcd" / "usr" / "bin" / "etcd", shop.folder / "etcd")
    target = "k8s.io/kubernetes/cmd/kube-apiserver"
    go_build(shop, recipe, target, "kube-apiserver", "-ldflags", flags)


def build_frr_k8s(shop: Workshop) -> None:
    """Build the frr-k8s controller, and take the script that reloads FRR from beside it."""
    module, recipe = "github.com/metallb/frr-k8s", RECIPES / "frr-k8s"
    theirs = _module(shop, recipe, module)
    shutil.copy(theirs / "cmd" / "reloader" / RELOADER, shop.folder / RELOADER)
    (shop.folder / RELOADER).chmod(0o755)
    target = f"{module}/cmd/frr-k8s-controller"
    go_build(shop, recipe, target, "frr-k8s-controller", "-ldflags", "-s -w")


def _module(shop: Workshop, recipe: Path, module: str) -> Path:
    """Return where Go keeps the version of a module that a recipe takes, fetched if need be."""
    told = shop.run(go(shop), "mod", "download", "-json", module, cwd=recipe)
    return Path(json.loads(told)["Dir"])


def build_hcp(shop: Workshop) -> None:
    """Build hcp, HyperShift's command line for users, which prints what it would create.

    On AWS it makes the cloud first, so that a program of a few lines stands in there for its flags.
    """
    target = "github.com/openshift/hypershift/product-cli"
    go_build(shop, RECIPES / "hcp", target, "hcp", "-ldflags", "-s -w")
    go_build(shop, RECIPES / "hcp", "./aws", "hcp-aws", "-ldflags", "-s -w")


def build_hypershift_install(shop: Workshop) -> None:
    """Build the installer of the HyperShift operator, which multicluster engine runs on a hub."""
    module = "hyperleaf.dev/judges/hypershift-install"
    go_build(
        shop, RECIPES / "hypershift-install", module, "hypershift-install", "-ldflags", "-s -w"
    )


def build_hypershift_iam(shop: Workshop) -> None:
    """Build what HyperShift's command line makes of IAM, for an account that it is told of."""
    module = "hyperleaf.dev/judges/hypershift-iam"
    go_build(shop, RECIPES / "hypershift-iam", module, "hypershift-iam", "-ldflags", "-s -w")


def build_installer(shop: Workshop) -> None:
    """Build a judge of what OpenShift's installer is told, from the installer's own packages."""
    module = "hyperleaf.dev/judges/installer"
    go_build(shop, RECIPES / "installer", module, "installer", "-ldflags", "-s -w")


def build_handler(shop: Workshop) -> None:
    """Build the nmstate operator's handler; what its types lack in the module to be had is added.

    The handler's own types are a module within its repository, to be had in an older version only.
    """
    recipe, types = shop.scratch / "recipe", shop.scratch / "types"
    shutil.copytree(RECIPES / "nmstate-handler", recipe)
    theirs = _module(shop, recipe, HANDLER_TYPES)
    shop.run("cp", "-r", "--no-preserve=mode", theirs, types)
    for name, changes in json.loads((recipe / "amendments.json").read_text()).items():
        text = (types / name).read_text()
        for old, new in changes:
            if text.count(old) != 1:
                raise BuildError(f"{theirs / name} holds {text.count(old)} times {old!r}")
            text = text.replace(old, new)
        (types / name).write_text(text)
    shop.run(go(shop), "mod", "edit", "-replace", f"{HANDLER_TYPES}={types}", cwd=recipe)
    target = "github.com/nmstate/kubernetes-nmstate/cmd/handler"
    go_build(shop, recipe, target, "handler", "-ldflags", "-s -w")


def build_vcenter(shop: Workshop) -> None:
    """Build a vCenter of govmomi's simulator, behind a door that misbehaves when asked to."""
    module = "hyperleaf.dev/judges/vcenter"
    go_build(shop, RECIPES / "vcenter", module, "vcenter", "-ldflags", "-s -w")


def build_nmstate(shop: Workshop) -> None:
    """Build nmstatectl and nmresolve; the recipe sees to it that they share what they compile."""
    command = cargo()
    target = shop.scratch / "target"
    env = {"CARGO_TARGET_DIR": str(target), **NMSTATE_PROFILE}
    shop.run(
        *(command, "install", "nmstatectl", "--version", NMSTATE, "--locked"),
        *("--no-track", "--root", shop.scratch / "installed"),
        env=env,
    )
    shutil.copy2(shop.scratch / "installed" / "bin" / "nmstatectl", shop.folder / "nmstatectl")
    recipe = shop.scratch / "nmresolve"
    shutil.copytree(RECIPES / "nmresolve", recipe)
    shutil.copy2(_unpacked(f"nmstatectl-{NMSTATE}") / "Cargo.lock", recipe / "Cargo.lock")
    shop.run(command, "build", "--release", cwd=recipe, env=env)
    shutil.copy2(target / "release" / "nmresolve", shop.folder / "nmresolve")


def _unpacked(crate: str) -> Path:
    """Return where cargo unpacked a crate that it has built."""
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    return next(home.glob(f"registry/src/*/{crate}"))


JUDGES = (
    Judge("apiserver", ("apiserver",), (KUBERNETES, ETCD_RELEASE), build_apiserver),
    Judge("crds", ("crds",), (), build_crds),
    Judge("frr-k8s", ("frr-k8s",), (RELOADER,), build_frr_k8s),
    Judge("hcp", ("hcp",), (), build_hcp),
    Judge("hypershift-iam", ("hypershift-iam",), (), build_hypershift_iam),
    Judge("hypershift-install", ("hypershift-install",), (), build_hypershift_install),
    Judge("installer", ("installer",), (), build_installer),
    Judge("nmstate-handler", ("nmstate-handler",), (), build_handler),
    Judge("root", ("root",), ("root" if os.geteuid() == 0 else "unshare",), build_root),
    Judge("vcenter", ("vcenter",), (), build_vcenter),
    Judge("nmstate", ("nmresolve",), (NMSTATE, *NMSTATE_PROFILE.values()), build_nmstate),
)


def build(judges: list[Judge], cache: Path) -> list[str]:
    """Build one judge after the other, print a line for each, return the names that failed."""
    failed = []
    for judge in judges:
        note = cache / "judges" / f"{judge.name}.missing"
        try:
            line = ensure(judge, cache)
        except (UnavailableError, BuildError) as problem:
            lacking = isinstance(problem, UnavailableError)
            line = f"{judge.name:<10} {'CANNOT BE BUILT HERE' if lacking else 'FAILED'}: {problem}"
            note.write_text(json.dumps(str(problem).splitlines()[0]) + "\n")
            if not lacking:
                failed.append(judge.name)
                line += f"\n    again, alone: {sys.executable} -m tools.judges {judge.name}"
        else:
            note.unlink(missing_ok=True)
        print(line, flush=True)
    return failed


def main() -> int:
    """Build the named judges, or all; 0 when each is there or this machine cannot have it."""
    parser = argparse.ArgumentParser(prog="python -m tools.judges", description=__doc__)
    names = [judge.name for judge in JUDGES]
    parser.add_argument("judge", nargs="*", metavar="NAME", help=f"one of {', '.join(names)}")
    chosen = parser.parse_args().judge or names
    if unknown := sorted(set(chosen) - set(names)):
        parser.error(f"no judge is called {', '.join(unknown)}; there are {', '.join(names)}")
    cache = cache_folder()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with only_run(cache):
        failed = build([judge for judge in JUDGES if judge.name in chosen], cache)
    if failed:
        print(f"judges: {', '.join(failed)} failed; what succeeded stays in {cache}/judges")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
