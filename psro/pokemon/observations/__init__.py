"""What array policies see of a battle: named observation spaces, each a class that writes decisions into arrays.

facts.py            species and moves as the simulator has them (gen1.json, written by make_tables.js)
estimates.py        what a move would do: damage as a distribution, cached
sighting.py         one Pokémon, in the terms the damage formulas need
standing.py         both teams at one decision
layout.py           names of the structured view's features, in order
*_features.py       its blocks
structured.py       the `structured` view, in Python: the reference that the kernels are compared with
metamon.py          the `metamon` view likewise: words and numbers as metamon lays them out
records/            what arenas and shards hold, and the kernels that write both views from it
views.py            the views by name, as arenas and training write them
"""
