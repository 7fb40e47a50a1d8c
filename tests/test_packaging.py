from distutils.core import run_setup

from schemas.artifacts import ROOT

NOT_INSTALLED = {"tests", "benchmarks", "build"}


def test_every_package_is_installed_but_tests_and_benchmarks(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    packages = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for path in ROOT.glob("[a-z]*/**/__init__.py")
    }
    wanted = {name for name in packages if name.split(".")[0] not in NOT_INSTALLED}
    assert set(run_setup("setup.py", stop_after="init").packages) == wanted


def test_serving_and_training_bring_no_library_of_a_baseline(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    extras = run_setup("setup.py", stop_after="init").extras_require
    tried = {*extras["baselines"], *extras["lightfm"], *extras["spark"]}
    assert len(tried) == 5
    assert not tried & {*extras["serve"], *extras["train"]}
