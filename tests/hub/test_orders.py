import pytest

from hub.orders import DisconnectUser, Order, UnsubscribeUser, read_order, write_order


@pytest.mark.parametrize(
    "order",
    [
        UnsubscribeUser(user="u", channel="c"),
        DisconnectUser(user="u", code=3503, reason="r"),
        DisconnectUser(user="u", code=3503, reason="r", session="s"),
    ],
)
def test_what_is_written_is_read(order: Order) -> None:
    assert read_order(write_order(order)) == order


def test_what_no_hub_wrote_is_not_read() -> None:
    with pytest.raises(KeyError):
        read_order(b"{}")
