# SPDX-License-Identifier: GPL-3.0-or-later
"""What the main process loads for the modules, which run in children that inherit it. Private; see local_fork."""
from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import sys
import warnings
import zlib
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import ansible
from ansible.release import __author__, __version__

# What is loaded in advance. Of our own collection all modules.
MODULES = {
    "crossaccount.audit_logs": ["*"],
    "amazon.aws": ["cloudwatchlogs_log_group", "iam_role", "kms_key", "s3_bucket"],
    "community.aws": ["s3_lifecycle"],
}
SERVICES = ["cloudtrail", "iam", "kms", "logs", "s3", "sts"]
PACKAGES = [
    "alibabacloud_tea_openapi.client", "alibabacloud_tea_openapi.utils_models", "darabonba.runtime",
    *(f"alibabacloud_{product}.{part}" for part in ("client", "models") for product in (
        "actiontrail20200706", "ram20150501", "resourcedirectorymaster20220419", "sls20201230", "sts20150401")),
]
# Packages that are not the same for modules as they are for Ansible.
ANSIBLE = ("ansible", "ansible_collections")
# Above Ansible's own package.
ROOT = Path(ansible.__file__).parents[1]


class Loaded:
    """What the main process has loaded for the modules: as a module sees it, which is not as Ansible does."""

    def __init__(self) -> None:
        self.modules: dict[str, ModuleType] = {}  # by name
        self.codes: dict[str, CodeType] = {}  # of Ansible's modules, by name
        self.checksums: dict[str, int] = {}  # of the sources of both
        self.finders: list = []  # what they import with, as the six of Ansible 2.19
        self.botocore_loader: Any = None
        self.warning_filters: list = []
        self._theirs: list[str] = []  # names of Ansible's own modules
        self._newest = ""  # name of the module that was imported last

    def load(self) -> None:
        """Load it. Nothing else may run in this process at the time: for as long, Ansible's own modules are away."""
        collections = {}
        for name in MODULES:
            with contextlib.suppress(ImportError):
                found = importlib.import_module(f"ansible_collections.{name}")
                collections[name] = Path(found.__file__).parent
        state = (sys.meta_path[:], sys.path_hooks[:], sys.path_importer_cache, sys.dont_write_bytecode)
        with warnings.catch_warnings():
            theirs = self.leave_ansible()
            try:
                default_warnings()
                sys.dont_write_bytecode = True
                self._import(collections)
                self.warning_filters = warnings.filters[:]
                self.finders = [finder for finder in sys.meta_path if finder not in state[0]]
                for name, module in sys.modules.items():
                    if name.partition(".")[0] in ANSIBLE:
                        self.checksums[name] = zlib.crc32(_source(name, module))
                self.modules = self.leave_ansible()
            finally:
                self.leave_ansible()
                sys.modules.update(theirs)
                sys.meta_path[:], sys.path_hooks[:], cache, sys.dont_write_bytecode = state
                sys.path_importer_cache = cache
        self._theirs, self._newest = list(theirs), next(reversed(sys.modules))

    def leave_ansible(self) -> dict[str, ModuleType]:
        """Forget Ansible's modules, and how it imports those of collections; returns the modules.

        What is only looked at in a child is copied for it, so nothing is looked at without need.
        """
        sys.meta_path[:] = [finder for finder in sys.meta_path if not _is_ansible(finder)]
        sys.path_hooks[:] = [hook for hook in sys.path_hooks if not _is_ansible(hook)]
        sys.path_importer_cache = {}
        newer = itertools.takewhile(lambda name: name != self._newest, reversed(sys.modules))
        names = self._theirs + [name for name in newer if name.partition(".")[0] in ANSIBLE]
        return {name: sys.modules.pop(name) for name in names if name in sys.modules}

    def _import(self, collections: dict[str, Path]) -> None:
        # As in module_common.recursive_finder.
        extend = "from pkgutil import extend_path\n__path__=extend_path(__path__,__name__)\n"
        ours = ROOT / "ansible"
        _package("ansible", ours, f'{extend}__version__="{__version__}"\n__author__="{__author__}"\n')
        _package("ansible.module_utils", ours / "module_utils", extend)
        _package("ansible_collections", None, "")
        _try("ansible.module_utils._internal._ansiballz._loader")
        _try("ansible.module_utils.basic")
        for profile in ("legacy", "modern"):
            for direction in ("c2m", "m2c"):
                _try(f"ansible.module_utils._internal._json._profiles._module_{profile}_{direction}")
        for name in PACKAGES:
            _try(name)
        for name, folder in collections.items():
            _package(f"ansible_collections.{name.partition('.')[0]}", None, "")
            _package(f"ansible_collections.{name}", folder, "")
        for name, folder in collections.items():
            paths = (path for glob in MODULES[name] for path in (folder / "plugins/modules").glob(f"{glob}.py"))
            for path in sorted(paths):
                self._import_module(f"ansible_collections.{name}.plugins.modules.{path.stem}", path)
        with contextlib.suppress(Exception):
            self._read_models()

    def _import_module(self, name: str, path: Path) -> None:
        source = path.read_bytes()
        self.checksums[name] = zlib.crc32(source)
        self.codes[name] = compile(source, path, "exec", dont_inherit=True)
        with contextlib.suppress(Exception):
            exec(self.codes[name], {"__name__": name, "__package__": name.rpartition(".")[0], "__file__": str(path)})

    def _read_models(self) -> None:
        import boto3
        import botocore.session
        from botocore.loaders import create_loader

        self.botocore_loader = create_loader()
        session = botocore.session.Session()
        session.register_component("data_loader", self.botocore_loader)
        session = boto3.session.Session("none", "none", region_name="us-east-1", botocore_session=session)
        for service in SERVICES:
            session.client(service)
            for kind in ("paginators-1", "waiters-2"):
                with contextlib.suppress(Exception):
                    self.botocore_loader.load_service_model(service, kind)


LOADED = Loaded()


def _try(name: str) -> None:
    with contextlib.suppress(Exception):
        importlib.import_module(name)


def _package(name: str, folder: Path | None, source: str) -> None:
    """Make a package, of which nothing is executed but the source given."""
    if name in sys.modules:
        return
    module = sys.modules[name] = ModuleType(name)
    file = (folder or ROOT / name.replace(".", "/")) / "__init__.py"
    module.__dict__.update(__path__=[str(folder)] if folder else [], __package__=name, __file__=str(file),
                           _source=source.encode())
    exec(source, module.__dict__)
    parent, _dot, attribute = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], attribute, module)


def _source(name: str, module: ModuleType) -> bytes:
    """The source of a module that was imported by that name; it may have put another in its place."""
    if hasattr(module, "_source"):
        return module._source
    parent, _dot, leaf = name.rpartition(".")
    package = sys.modules[parent]
    folders = getattr(package, "__path__", None) or [os.path.dirname(getattr(package, "__file__", ""))]
    files = (Path(folder, *file) for folder in folders for file in ((f"{leaf}.py",), (leaf, "__init__.py")))
    return next((file.read_bytes() for file in files if file.is_file()), b"")


def _is_ansible(thing: Any) -> bool:
    return (getattr(thing, "__module__", None) or type(thing).__module__).partition(".")[0] == "ansible"


def default_warnings() -> None:
    """As Python has them when it starts."""
    warnings.resetwarnings()
    for category in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    warnings._processoptions(sys.warnoptions)
