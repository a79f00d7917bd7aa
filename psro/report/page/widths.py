"""The widths that figures are drawn for, in CSS pixels."""

WIDE = 780.0
"""For a laptop, and for paper."""
NARROW = 344.0
"""For a phone of 360 pixels and more."""
SWITCH = 840
"""The page's width from which the wide figures are shown."""
CARDS = 600
"""Up to this width of the page the rows of a table of words stand one below the other."""
