from media.draw import SecretDraw


def test_texts_are_of_the_alphabet_of_ice() -> None:
    text = SecretDraw().text(200)
    assert len(text) == 200
    assert text.isalnum()
    assert text.isascii()


def test_numbers_stay_below_their_limit() -> None:
    assert {SecretDraw().below(3) for _ in range(200)} == {0, 1, 2}
