"""What can go wrong with a backup."""

from altus4_core.errors import Altus4Error


class BackupFailed(Altus4Error):
    """A backup or a restore did not come to its end; the text is one line that says what is left and what to do."""

    code = "BACKUP_FAILED"
