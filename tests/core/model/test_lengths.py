"""From a quark to a galaxy: the length that data probe."""

from __future__ import annotations

from typing import Any

import pytest

from dop2i.core.model import length_probed, lengths_of
from dop2i.core.model.lengths import mass_number


def probed(**facts: Any) -> tuple[float, float] | None:
    found = length_probed({"custom_fields": {f"dop2i:{key}": value for key, value in facts.items()}})
    return (found["minimum"], found["maximum"]) if found else None


def quantity(minimum: float, maximum: float, unit: str) -> dict[str, Any]:
    return {"minimum": minimum, "maximum": maximum, "unit": unit}


def test_a_collision_of_13_tev_probes_the_reduced_wavelength_of_its_energy() -> None:
    assert probed(sqrt_s=quantity(13, 13, "TeV")) == pytest.approx((1.518e-20, 1.518e-20), rel=1e-3)
    assert probed(sqrt_s=quantity(7, 13, "TeV")) == pytest.approx((1.518e-20, 2.819e-20), rel=1e-3)


def test_particles_whose_centre_of_mass_energy_is_not_told_resolve_what_their_energy_allows() -> None:
    assert probed(theme="particle", energy=quantity(1, 100, "GeV")) == pytest.approx((1.973e-18, 1.973e-16), rel=1e-3)
    both = probed(theme="particle", energy=quantity(450, 450, "GeV"), sqrt_s=quantity(13, 13, "TeV"))
    assert both == pytest.approx((1.518e-20, 1.518e-20), rel=1e-3)
    assert probed(theme="nuclear", energy=quantity(1, 100, "GeV")) is None


def test_a_lead_nucleus_is_fourteen_femtometres_wide() -> None:
    assert probed(theme="nuclear", nuclides=["208Pb"]) == pytest.approx((1.422e-14, 1.422e-14), rel=1e-3)


def test_x_rays_and_gravitational_waves_probe_their_wavelength() -> None:
    assert probed(particles=["photon"], energy=quantity(10, 10, "keV")) == pytest.approx((1.2398e-10,) * 2, rel=1e-4)
    assert probed(frequency=quantity(20, 2000, "Hz")) == pytest.approx((1.499e5, 1.499e7), rel=1e-3)
    assert probed(wavelength=quantity(5000, 5000, "Å")) == pytest.approx((5e-7, 5e-7))


def test_a_field_on_the_sky_needs_a_distance() -> None:
    region = {"ra": 83.6, "dec": 22.0, "radius": 0.5}
    assert probed(sky_region=region) is None
    near, far = probed(sky_region=region, distance=quantity(2, 2, "kpc")) or (0.0, 0.0)
    assert near == pytest.approx(6.1714e19 * 2 * 0.0087269, rel=1e-3)
    assert far == pytest.approx(6.171e19, rel=1e-3)


def test_a_medical_image_goes_from_its_voxel_to_its_field() -> None:
    assert probed(voxel_size=quantity(0.5, 2, "mm"), field_of_view=quantity(300, 300, "mm")) == (0.0005, 0.3)


def test_a_ring_is_as_long_as_it_is() -> None:
    assert probed(theme="accelerator", facility=["soleil"]) == (354.0, 354.0)
    assert probed(theme="particle", facility=["lhc"]) is None


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"sqrt_s": quantity(1, 2, "furlong")},
        {"sqrt_s": {"minimum": 0.0}},
        {"sqrt_s": "13 TeV"},
        {"energy": None},
        {"sqrt_s": {"minimum": float("inf"), "unit": "eV"}},
        {"distance": quantity(1, 1, "TeV")},
        {"nuclides": 3},
    ],
)
def test_what_tells_no_length_gives_none(facts: dict[str, Any]) -> None:
    assert probed(**facts) is None
    assert lengths_of({"custom_fields": 3}) == []


@pytest.mark.parametrize(("name", "mass"), [("208Pb", 208), ("Pb-208", 208), ("pb208", 208), ("12C", 12), ("Pb", 0)])
def test_nuclides_are_read_as_people_write_them(name: str, mass: int) -> None:
    assert mass_number(name) == mass
