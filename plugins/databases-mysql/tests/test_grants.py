from altus4_databases_mysql.grants import read_grants, read_only_statements


def test_a_password_hash_is_cut_out():
    lines = (
        "GRANT USAGE ON *.* TO `ro`@`localhost` IDENTIFIED BY PASSWORD '*D821809F681A40A6E379B50D0463EFAE20BDD122'",
        "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*D82' REQUIRE SSL WITH GRANT OPTION",
        "GRANT USAGE ON *.* TO `b`@`%` IDENTIFIED VIA mysql_native_password USING '*D82' OR unix_socket",
    )
    shown = read_grants(lines).lines
    assert not any("*D8" in line for line in shown)
    assert shown[0] == "GRANT USAGE ON *.* TO `ro`@`localhost`"
    assert shown[1] == "GRANT USAGE ON *.* TO `a`@`%` REQUIRE SSL WITH GRANT OPTION"


def test_a_read_only_account_is_harmless():
    found = read_grants(("GRANT USAGE ON *.* TO `ro`@`%`", "GRANT SELECT, SHOW VIEW ON `shop`.* TO `ro`@`%`"))
    assert (found.writes, found.administers) == ((), ())


def test_writing_and_administering_are_seen():
    found = read_grants(
        (
            "GRANT FILE, PROCESS ON *.* TO `x`@`%`",
            "GRANT SELECT, INSERT, UPDATE (`a`, `delete`) ON `shop`.* TO `x`@`%`",
            "GRANT PROXY ON ``@`%` TO `x`@`%`",
        )
    )
    assert found.writes == ("INSERT", "UPDATE")
    assert found.administers == ("FILE", "PROCESS")


def test_everything():
    found = read_grants(("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION",))
    assert found.writes == found.administers == ("ALL PRIVILEGES",)


def test_statements_escape_wildcards_and_backticks():
    assert "GRANT SELECT ON `my\\_shop\\%``x`.* TO" in read_only_statements("my_shop%`x")[1]
