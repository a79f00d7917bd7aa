"""metamon's parsed replays: battles as one side saw them, one JSON file a side, read into shards and written.

file_names.py       what a file is called
reading.py          a file → its states and actions, or why it cannot be used
wording.py          a state → the 87 words and 48 numbers of the `metamon` view
following.py        states → what the reward functions read
episodes.py         a battle → its arrays, its actions checked against its states
importing.py        a directory of files → shards and the index beside them, again only where files changed
exporting.py        our own trajectories → files that their reader accepts

Rule: `metamon/interface.py` (UniversalState and its parts) and `metamon/data/parsed_replay_dset.py` of UT-Austin-RPL/metamon, up to
version 1.4. A state has words and numbers, no request: such data give the `metamon` view alone.
"""
