from hub.strangers import Strangers


def test_each_network_has_its_own_count() -> None:
    strangers = Strangers(most=2)
    strangers.come("a")
    strangers.come("b")
    assert (strangers.full("a"), len(strangers)) == (False, 2)
    strangers.come("a")
    assert (strangers.full("a"), strangers.full("b"), strangers.full("c")) == (True, False, False)
    strangers.go("a")
    assert not strangers.full("a")


def test_who_does_not_say_where_he_comes_from_is_not_counted() -> None:
    strangers = Strangers(most=0)
    strangers.come("")
    assert (strangers.full(""), len(strangers)) == (False, 0)
    strangers.go("")
    assert len(strangers) == 0


def test_nothing_is_left_of_networks_that_have_gone() -> None:
    strangers = Strangers(most=2)
    for number in range(100):
        strangers.come(f"{number}")
        strangers.full(f"{number}")
        strangers.go(f"{number}")
    assert len(strangers._here) == 0
