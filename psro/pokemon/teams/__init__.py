"""Teams of Gen 1 OU: Showdown's export text, the packaged and generated sets, their split, their legality."""
