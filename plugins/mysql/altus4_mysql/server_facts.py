"""What decides on a server which words can be found."""

from collections.abc import Mapping

from attrs import field, frozen

from .driver import Flavour


@frozen
class ServerFacts:
    """Version, variables and stop words of a server, read from it and never assumed."""

    version: str
    flavour: Flavour
    variables: Mapping[str, str] = field(
        factory=dict,
        metadata={
            "doc": "innodb_ft_min_token_size, innodb_ft_max_token_size, ngram_token_size, ft_min_word_len, "
            "ft_max_word_len, innodb_ft_enable_stopword, innodb_ft_server_stopword_table, lower_case_table_names, ..."
        },
    )
    stopwords: frozenset[str] = field(
        factory=frozenset, metadata={"doc": "of InnoDB, lower case; empty when they are turned off"}
    )

    def number(self, name: str, default: int) -> int:
        """A variable as an integer; `default` when the server does not have it or it is none."""
        value = self.variables.get(name, "")
        return int(value) if value.isascii() and value.isdigit() else default

    @property
    def case_sensitive_tables(self) -> bool:
        """Whether table names differ by case (`lower_case_table_names` = 0)."""
        return self.number("lower_case_table_names", 0) == 0
