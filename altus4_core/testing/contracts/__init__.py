"""Contract classes: subclass the one of your seam, give it two fixtures, `provider` and `valid`, and run pytest.

    class TestLimiter(LimiterContract):
        @pytest.fixture
        def provider(self):
            return MyLimiter(...)

        @pytest.fixture
        def valid(self):
            return Subject("key", "k-1")

What a provider cannot or need not do is said by class attributes, the capability switches of each class.
"""

from altus4_core.testing.contracts.auth import AuthSchemeContract
from altus4_core.testing.contracts.categorizer import CategorizerContract
from altus4_core.testing.contracts.check import CheckContract
from altus4_core.testing.contracts.command import CommandContract
from altus4_core.testing.contracts.fusion import FusionContract
from altus4_core.testing.contracts.limiter import LimiterContract
from altus4_core.testing.contracts.migrations import MigrationsContract
from altus4_core.testing.contracts.plugin import PluginContract
from altus4_core.testing.contracts.policy import PolicyContract
from altus4_core.testing.contracts.route import RouteContract
from altus4_core.testing.contracts.search import SearchModeContract
from altus4_core.testing.contracts.service import ServiceContract
from altus4_core.testing.contracts.sink import SinkContract
from altus4_core.testing.contracts.suggester import SuggesterContract
from altus4_core.testing.contracts.target import TargetContract
from altus4_core.testing.contracts.vocabulary import VocabulariesContract

__all__ = [
    "AuthSchemeContract",
    "CategorizerContract",
    "CheckContract",
    "CommandContract",
    "FusionContract",
    "LimiterContract",
    "MigrationsContract",
    "PluginContract",
    "PolicyContract",
    "RouteContract",
    "SearchModeContract",
    "ServiceContract",
    "SinkContract",
    "SuggesterContract",
    "TargetContract",
    "VocabulariesContract",
]
