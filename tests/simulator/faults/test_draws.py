"""Draws: the same for the same label, spread for others."""

from moonwire.simulator.faults.draws import noise, number, share


def test_a_draw_depends_on_its_whole_label() -> None:
    assert share(1, "a", 2) == share(1, "a", 2)
    assert len({share(1, "a", 2), share(1, "a", 3), share(2, "a", 2), share(1, "b", 2), share(1, "a")}) == 5
    assert share(1, 12) != share(11, 2)


def test_shares_are_spread_evenly() -> None:
    drawn = [share(7, n) for n in range(4000)]
    assert all(0 <= one < 1 for one in drawn)
    assert 0.09 < sum(one < 0.1 for one in drawn) / 4000 < 0.11


def test_numbers_and_noise_keep_to_their_sizes() -> None:
    assert {number(3, n) for n in range(50)} == {0, 1, 2}
    assert len(noise(24, 1)) == 24


def test_the_draws_stay_what_they_are() -> None:
    # A schedule that a test was built on must not change with the version.
    assert f"{share(0, 'chance', 1, 1):.6f} {number(1000, 7, 'x')}" == "0.261268 445"
