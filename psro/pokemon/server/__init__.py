"""Battles on a Pokémon Showdown server, over poke-env's websocket client.

address.py      where a server is, and whether it is this machine's own
events.py       what a server tells a client, besides its battles
client.py       one name that is logged in on a server
room.py         one battle as one client follows it
login.py        the account that a public server asks for
check.py        whether a server is there, is the version that we know, and takes our teams
"""
