"""Pokemon Showdown's own simulator in a Node process: many battles at once over JSON lines.

host.js       the Node side: battles by lane, batches in, batches out
unpack.js     packed teams as a Showdown server hands them to a battle
node.py       finds Node and the simulator package
process.py    the Python side: sends host.js batches, reads answers
node_process.py   how such a process starts, dies, hangs and ends
shortcuts.js  the same battles in two thirds of the time
"""
