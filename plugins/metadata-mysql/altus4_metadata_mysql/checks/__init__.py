"""What `altus4 doctor` looks at in the metadata database."""

from altus4_metadata_mysql.checks.athead import MigrationsAtHead
from altus4_metadata_mysql.checks.clock import Clocks
from altus4_metadata_mysql.checks.indexes import Indexes
from altus4_metadata_mysql.checks.pools import Connections
from altus4_metadata_mysql.checks.rights import Rights
from altus4_metadata_mysql.checks.variables import Variables

__all__ = ["Clocks", "Connections", "Indexes", "MigrationsAtHead", "Rights", "Variables"]
