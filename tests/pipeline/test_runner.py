import pytest

from pipeline.runner import new_pipeline


@pytest.mark.parametrize("args", [["--forse"], ["--direct_num_workrs=2"], ["data.csv"]])
def test_options_that_nobody_knows(args):
    with pytest.raises(
        ValueError, match=rf"expected those of `prepare` or of Beam, got \['{args[0]}"
    ):
        new_pipeline(args)


def test_options_of_beam_and_of_another_runner():
    options = new_pipeline(["--direct_num_workers=2", "--job_name=x"]).options.get_all_options()
    assert options["direct_num_workers"] == 2
    new_pipeline(["--runner=PortableRunner", "--only_known_there=1"])
