import importlib.metadata

import pytest

from schemas.pins import NOT_INSTALLED, Finding, check_pins, findings

NUMPY = importlib.metadata.version("numpy")


@pytest.mark.parametrize(
    ("declared", "installed", "wanted", "ok"),
    [
        (f"numpy=={NUMPY}", NUMPY, f"=={NUMPY}", True),
        ("numpy", NUMPY, "", True),
        ("numpy<1", NUMPY, "<1", False),
        ('numpy<1; extra == "train"', NUMPY, "<1", False),
    ],
)
def test_an_installed_package_must_meet_its_pin(declared, installed, wanted, ok):
    assert findings([declared]) == [Finding("numpy", installed, wanted, ok)]


def test_only_packages_of_extras_may_be_left_out():
    base, extra = findings(["no-such-a>=2", 'no-such-b>=3; extra == "train"'])
    assert base == Finding("no-such-a", NOT_INSTALLED, ">=2", False)
    assert extra == Finding("no-such-b", NOT_INSTALLED, ">=3", True)


@pytest.mark.parametrize("order", [1, -1])
def test_a_package_of_the_base_and_of_an_extra_may_not_be_left_out(order):
    declared = ["no-such-a>=2", 'no-such-a>=2; extra == "serve"']
    (finding,) = findings(declared[::order])
    assert not finding.ok


def test_this_installation_is_checked_in_order_of_names():
    names = [finding.package for finding in check_pins()]
    assert names == sorted(set(names))
    assert {"numpy", "tensorflow", "apache-beam"} <= set(names)
