"""report/index.html: one page that needs nothing else to be read, neither network nor script.

page.py         what stands on it, from top to bottom
opening.py      what the run is, in plain words and a few numbers
weaknesses.py   where σ is weak: breakdowns, worst cases, quickest defeats
provenance.py   what made it: processes, versions, config
replays.py      battles to watch, from report/replays
elements.py     pieces of HTML; style_sheet.py, widths.py: how it looks
"""

from psro.report.page.page import report_page

__all__ = ["report_page"]
