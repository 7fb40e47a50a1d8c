"""What every stage agrees on: names, configuration, cards, artefacts, the proto."""
