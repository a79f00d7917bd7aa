"""Battles as one can watch them: Showdown's protocol log, its replay page, and words."""
