"""The plugin base class, what a plugin is told at start (`PluginContext`), and the version of this API."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import attrs

from altus4_core.changes import Changes
from altus4_core.clock import Clock
from altus4_core.counters import Counters, PluginCounters
from altus4_core.settings.core import CoreSettings
from altus4_core.tables import TableRights

API_VERSIONS: tuple[tuple[int, int], ...] = ((1, 0),)
"""All versions of the plugin API that there were, the present one last: what may be removed depends on them."""

API: tuple[int, int] = API_VERSIONS[-1]
"""Version of the plugin API, apart from package versions: minor versions add, major versions remove."""

T = TypeVar("T")


@attrs.frozen
class NoSettings:
    """For plugins without settings of their own."""


class Plugin:
    """Base class of plugins. The core makes one instance per enabled name, with typed settings.

    Class attributes:
        name: The one name: distribution `altus4-<name>`, entry point, section `[plugins.<name>]`.
        api: The plugin API it was written for, `(major, minor)`.
        Settings: Frozen attrs class; every field with metadata `doc` (see `altus4_core.settings.setting`).
        requires: Service types that must be running before this plugin's services start.
        tables: What its statements do with tables of the metadata schema, its own and others': table to rights
            (`{"notes": "SELECT, INSERT"}`). `altus4 grants` gives the gateway's account exactly these.
    """

    name: ClassVar[str] = ""
    api: ClassVar[tuple[int, int]] = API
    Settings: ClassVar[type] = NoSettings
    requires: ClassVar[tuple[type, ...]] = ()
    tables: ClassVar[Mapping[str, str]] = {}

    def __init__(self, settings: Any = None) -> None:
        self.settings = settings if settings is not None else self.Settings()


class Handle(Generic[T]):
    """A service, to be had when it runs: call the handle to get the instance.

    Raises `Unavailable` while the service is not running, so a provider may hold handles from the start.
    """

    def __init__(self, resolve: Callable[[], T]) -> None:
        self._resolve = resolve

    def __call__(self) -> T:
        """Give the running service."""
        return self._resolve()


class ServiceDirectory(Protocol):
    """Where handles look services up."""

    def get(self, wanted: type[T]) -> T:
        """Give the running service of this type; raises `Unavailable`."""
        ...


@attrs.frozen
class PluginContext:
    """What a hook is told. `settings` are the core's; a plugin's own are `self.settings`.

    `tables` are the rights that all enabled plugins together need on tables of the metadata schema.
    """

    plugin: str
    logger: logging.Logger
    clock: Clock
    settings: CoreSettings
    config_folder: Path
    services: ServiceDirectory = attrs.field(repr=False)
    changes: Changes = attrs.field(factory=Changes, repr=False)
    tables: TableRights = attrs.field(factory=dict, repr=False)
    counters: PluginCounters = attrs.field(factory=lambda: Counters().of(""), repr=False)

    def service(self, wanted: type[T]) -> Handle[T]:
        """Give a lazy handle of a service type."""
        return Handle(lambda: self.services.get(wanted))
