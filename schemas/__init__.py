"""What every stage agrees on: names, configuration, dataset cards, artefact manifests, the proto."""
