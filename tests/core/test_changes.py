"""Word of changes inside one process."""

from altus4_core.changes import Changes


def test_listeners_of_a_kind_are_told_and_a_failing_one_disturbs_nobody(caplog):
    changes, heard = Changes(), []

    def broken(user_id):
        raise RuntimeError(user_id)

    changes.listen("user", broken)
    changes.listen("user", heard.append)
    changes.listen("databases", lambda user_id: heard.append(f"databases of {user_id}"))
    changes.tell("user", "u1")
    changes.tell("databases", "u2")
    assert heard == ["u1", "databases of u2"]
    assert "a listener to changes of kind user failed" in caplog.text
