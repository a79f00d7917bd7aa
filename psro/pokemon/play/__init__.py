"""A policy goes out and plays: whoever challenges it, a user of its choice, or a server's ladder.

player.py       one policy under one name, battle after battle
game.py         what came of a battle, and its files
"""
