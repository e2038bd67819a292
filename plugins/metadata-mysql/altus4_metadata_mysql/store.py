"""The metadata store: all repositories on one link."""

from altus4_metadata_mysql.api_keys import ApiKeys
from altus4_metadata_mysql.audit import AuditLog
from altus4_metadata_mysql.databases import Databases
from altus4_metadata_mysql.link import Link
from altus4_metadata_mysql.metrics import Metrics
from altus4_metadata_mysql.popularqueries import PopularQueriesLog
from altus4_metadata_mysql.searches import Searches
from altus4_metadata_mysql.sessions import Sessions
from altus4_metadata_mysql.users import Users


class MySQLMetadataStore:
    """Everything the gateway remembers, in MySQL or MariaDB."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.users = Users(link)
        self.sessions = Sessions(link)
        self.api_keys = ApiKeys(link)
        self.databases = Databases(link)
        self.searches = Searches(link)
        self.popular = PopularQueriesLog(link)
        self.audit = AuditLog(link)
        self.metrics = Metrics(link)

    async def ping(self) -> None:
        """Answer quickly or raise `Unavailable`."""
        await self._link.ping()
