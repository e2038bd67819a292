"""Old backups that cannot be removed: the new one counts all the same, and somebody is told."""

import os
from datetime import UTC, datetime

import pytest
from altus4_metadata_mysql.dump.retention import prune

OLD = "meta_20200101_000000.sql.gz"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.mysql
async def test_what_only_has_the_name_of_a_backup_is_left_alone(filled, altus4, backups):
    folder = backups / f"{filled.name}_20200101_000000.sql.gz"
    folder.mkdir(parents=True)
    made = (await altus4(filled, "backup", "--to", str(backups), "--keep-days", "30", "--json")).json
    assert (made["removed"], folder.is_dir()) == ([], True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root removes everything")
def test_a_folder_that_lets_nothing_go(tmp_path):
    (tmp_path / OLD).touch()
    tmp_path.chmod(0o555)
    try:
        removed, (problem,) = prune(tmp_path, "meta", NOW, 30)
    finally:
        tmp_path.chmod(0o755)
    assert removed == []
    assert OLD in problem
    assert "Permission denied" in problem
