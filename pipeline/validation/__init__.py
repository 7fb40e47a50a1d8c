"""A dataset's TFMD schema: inferred from what its columns hold, edited by people, enforced."""
