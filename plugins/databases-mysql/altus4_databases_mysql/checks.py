"""What `altus4 doctor` looks at here: whether the stored credentials can be opened."""

from altus4_core.errors import Unavailable
from altus4_core.plugin import Handle
from altus4_core.records import Finding, Severity
from altus4_core.store import MetadataStore
from altus4_core.vault import CredentialVault
from altus4_databases_mysql.rotation import Survey, survey


class StoredCredentials:
    """Opens every stored secret once; shows none."""

    name = "stored-credentials"

    def __init__(self, store: Handle[MetadataStore], vault: Handle[CredentialVault]) -> None:
        self._store = store
        self._vault = vault

    async def run(self) -> Finding:
        """Look."""
        try:
            store, vault = self._store(), self._vault()
        except Unavailable as error:
            return Finding(self.name, Severity.WARNING, f"not looked at: {error.message}")
        return finding_of(await survey(store.databases, vault))


def finding_of(found: Survey) -> Finding:
    """Judge a survey."""
    name = StoredCredentials.name
    details = {"keys": dict(found.secrets), "unreadable": list(found.unreadable)}
    if found.unreadable_count:
        message = f"the credentials of {found.unreadable_count} of {found.databases} databases cannot be opened"
        hint = "bring their key back into ALTUS4_ENCRYPTION_KEYS, or have their passwords entered again"
        return Finding(name, Severity.ERROR, message, hint, details)
    if found.stale:
        message = f"{found.stale} secrets are sealed with older keys"
        return Finding(name, Severity.INFO, message, "altus4 secrets rotate seals them with the first key", details)
    return Finding(name, Severity.OK, f"the credentials of {found.databases} databases can be opened", "", details)
