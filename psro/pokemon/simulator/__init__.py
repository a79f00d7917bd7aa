"""Pokemon Showdown's own simulator in a Node process: many battles at once over JSON lines.

host.js       the Node side: battles by lane, batches in, batches out
node.py       finds Node and the simulator package
process.py    the Python side: starts host.js, sends batches, reads answers, shows why it died
shortcuts.js  the same battles in two thirds of the time
"""
