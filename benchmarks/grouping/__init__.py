"""Ratings to grouped, sorted histories: by Matinee's first Beam job, by pandas and by polars.

Each reads `ratings.csv`, drops broken rows, sorts by user, time and row, keeps the first of
several ratings of a film, and writes one row per user, with lists, as Arrow. Ids are text. The
peers are written for speed: ids in categories, no Python loop, the fastest of what was tried.

Ours does more in its time: it checks every value by the card, the item against the catalogue and
the encoding, and writes each row turned away to a file with line and reason.
"""
