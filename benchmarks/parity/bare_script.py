"""`python -I bare_script.py MODEL (SIGNATURE INPUTS OUTPUTS)...`: TensorFlow and numpy alone.

Reads the inputs of each call from one .npz file, writes the outputs to another, and prints the
top-level modules that the process has imported as a line of JSON.
"""

import json
import sys

import numpy as np
import tensorflow as tf


def main() -> None:
    """Loads the model once and answers every call."""
    model = tf.saved_model.load(sys.argv[1])
    calls = zip(sys.argv[2::3], sys.argv[3::3], sys.argv[4::3], strict=True)
    for signature, inputs, outputs in calls:
        tensors = {name: tf.constant(value) for name, value in np.load(inputs).items()}
        found = model.signatures[signature](**tensors)
        np.savez(outputs, allow_pickle=False, **{k: v.numpy() for k, v in found.items()})
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))


if __name__ == "__main__":
    main()
