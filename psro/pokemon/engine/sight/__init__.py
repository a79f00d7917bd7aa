"""What each side may know, kept while a battle goes on, and written as sighting records (observations/records/record.py).

places.py       where knowledge is: int16 [lanes, 2 · SIDE_SIZE] beside the lanes
moves.py        the moves that a side has shown
knowledge.py    what an action tells: a move, a switch, a faint, a new turn
watched.py      the engine's start and step, watched
options.py      what a request offers
write.py        records from lanes and knowledge
"""
